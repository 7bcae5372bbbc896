// bpmn-engine as a candidate, driven as its documentation does: a listener collects what waits, the loop signals it.
// The Node side of the pipe: one JSON object per line, {do, model, limit, count} -> {seconds, outcome}.
// Called with the folder in which the package is installed.
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { Engine } = await import(pathToFileURL(`${process.argv[2]}/node_modules/bpmn-engine/src/index.js`));
const services = { isLess: (one, other) => one < other };

async function compile(source) {
  const [definition] = await new Engine({ source }).getDefinitions();
  return definition.environment.options.source;
}

async function run(sourceContext, limit) {
  const listener = new EventEmitter();
  const waiting = [];
  const completed = [];
  listener.on("wait", (task) => waiting.push(task));
  const engine = new Engine({ sourceContext, listener, services, variables: { rounds: 0, limit } });
  const execution = await engine.execute();
  while (waiting.length) {
    const task = waiting.shift();
    completed.push(task.id);
    task.environment.variables.rounds = completed.length;
    task.signal();
  }
  return { execution, completed };
}

function outcome({ execution, completed }) {
  const [definition] = execution.definitions;
  const ends = definition
    .getProcesses()
    .flatMap((process) => process.getActivities())
    .filter((activity) => activity.type === "bpmn:EndEvent" && activity.counters.taken);
  return { completed, end: execution.state === "idle" ? ends.map((end) => end.id).join(", ") : null };
}

async function timed(work, count) {
  let last;
  const begun = performance.now();
  for (let number = 0; number < count; number += 1) last = await work();
  return [(performance.now() - begun) / 1000, last];
}

async function answer({ do: wanted, model, limit, count }) {
  if (wanted === "compile") {
    const [seconds, compiled] = await timed(() => compile(model), count);
    return { seconds, outcome: { elements: compiled.getActivities().map((activity) => activity.id).sort() } };
  }
  const compiled = await compile(model);
  const [seconds, ran] = await timed(() => run(compiled, limit), count);
  return { seconds, outcome: outcome(ran) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
