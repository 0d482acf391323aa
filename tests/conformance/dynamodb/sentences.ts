/** The message for the given constraint violations. */
export const detected = (...found: string[]) =>
  `${found.length} validation error${found.length === 1 ? "" : "s"} detected: ${found.join("; ")}`;
export const fails = (path: string, value: string, rule: string) =>
  `Value ${value} at '${path}' failed to satisfy constraint: ${rule}`;
export const missing = (path: string) => fails(path, "null", "Member must not be null");
