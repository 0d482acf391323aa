import type { Operation } from "../../contract/shapes.ts";

interface OlderNames {
  /** The framework's name for the error: the `__type` in JSON and CBOR. */
  name: string;
  /** Its code in the service's former query protocol, which is still sent in a header. */
  code: string;
  /** Its status in that protocol, if different. */
  status?: number;
}

const byCode = new Map<string, OlderNames>();
for (const [name, code, status] of [
  ["InvalidParameterValueException", "InvalidParameterValue"],
  ["MissingRequiredParameterException", "MissingParameter"],
  ["AccessDeniedException", "AccessDenied"],
  ["UnknownOperationException", "InvalidAction"],
  ["SerializationException", "MalformedInput"],
  ["IncompleteSignatureException", "IncompleteSignature"],
  ["InvalidSignatureException", "SignatureDoesNotMatch", 403],
  ["UnrecognizedClientException", "InvalidClientTokenId", 403],
  ["ExpiredTokenException", "ExpiredToken", 403],
  ["MissingAuthenticationTokenException", "MissingAuthenticationToken", 403],
] as const) {
  const names: OlderNames = { name, code, ...(status !== undefined && { status }) };
  byCode.set(name, names);
  byCode.set(code, names);
}

/** The names of an unmodelled error: services that once had a query protocol send both. */
export function olderNames(operation: Operation | undefined, code: string): OlderNames | undefined {
  return operation?.contract.queryCompatible ? byCode.get(code) : undefined;
}
