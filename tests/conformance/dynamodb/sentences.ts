/** What is wrong with a request, as the framework tells it. */
export const detected = (...found: string[]) =>
  `${found.length} validation error${found.length === 1 ? "" : "s"} detected: ${found.join("; ")}`;
export const fails = (path: string, value: string, rule: string) =>
  `Value ${value} at '${path}' failed to satisfy constraint: ${rule}`;
export const missing = (path: string) => fails(path, "null", "Member must not be null");
