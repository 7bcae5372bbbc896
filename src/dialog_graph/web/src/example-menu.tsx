// The example operations of the repository, by kind of user; a chosen one opens in a tab of its own.

import { useEffect, useState } from 'react';
import { texts } from './texts';

export interface Example {
  kind: string;
  name: string;
  title: string;
  query: string;
  variables: string;
}

interface Examples {
  kinds: string[];
  operations: Example[];
}

const NONE: Examples = { kinds: [], operations: [] };

async function load(): Promise<Examples> {
  const answer = await fetch('/static/operations.json').catch(() => null);
  return answer?.ok ? answer.json() : NONE;
}

export function ExampleMenu({ onOpen }: { onOpen: (example: Example) => void }) {
  const [{ kinds, operations }, setExamples] = useState(NONE);
  useEffect(() => {
    load().then(setExamples);
  }, []);
  if (operations.length === 0) return null;
  return (
    <select
      id="examples"
      aria-label={texts.examples}
      value=""
      onChange={({ target }) => onOpen(operations[Number(target.value)])}
    >
      <option value="" disabled>
        {texts.examples}
      </option>
      {kinds.map((kind) => (
        <optgroup key={kind} label={texts.kinds[kind] ?? kind}>
          {operations.map((each, index) =>
            each.kind === kind ? (
              <option key={each.name} value={index}>
                {each.title}
              </option>
            ) : null,
          )}
        </optgroup>
      ))}
    </select>
  );
}
