/** The message for the given constraint violations. */
export const detected = (...found: string[]) =>
  `${found.length} validation error${found.length === 1 ? "" : "s"} detected: ${found.join("; ")}`;
/**
 * The message for a fault of a request, which PutItem and UpdateItem report like a violation of a constraint:
 * https://github.com/nubo-db/dynoxide/pull/152, https://github.com/ministackorg/ministack/issues/1038
 */
export const faultOf = (operation: string, message: string) =>
  operation === "PutItem" || operation === "UpdateItem" ? detected(message) : message;
export const fails = (path: string, value: string, rule: string) =>
  `Value ${value} at '${path}' failed to satisfy constraint: ${rule}`;
export const missing = (path: string) => fails(path, "null", "Member must not be null");
