"""From BPMN text to the compiled process: vocabulary, the file as written, task extensions, checks, compilation."""
