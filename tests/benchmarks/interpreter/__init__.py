"""The interpreter in memory against other engines: SpiffWorkflow (Python) and bpmn-engine (Node).

The clock. Every engine runs in a process of its own, ours too, and is sent the same works over a pipe. What is timed is
the work alone, by the engine's own process with its monotonic clock: `compile` from the text of a model to what can be
started, which none of them searches for joins that wait for ever (ours does when a version is deployed: `diagnose`,
told apart); `run` from a compiled model to the end of a new instance of it, every task completed by a call from outside
as a server would do it. Not in the timing: start of the process, imports, the pipe, compiling before `run`, reading the
outcome. Before timing, every engine does every work once, and all must have completed the same tasks in the same order
and come to the same end; while timing, each is given as many repetitions as fill its round, so that all are warm.

Models come from one description (`models`); only conditions are written in each engine's own language. Peers are
installed at first use into `.bench/` by `peers`; one that cannot be installed is told in the table.
"""
