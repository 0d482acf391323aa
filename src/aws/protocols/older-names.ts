import type { Operation } from "../contract/shapes.ts";

interface OlderNames {
  /** What the framework calls the error: the `__type` in JSON and CBOR. */
  name: string;
  /** Its code in the service's former query protocol, which is still sent in a header. */
  code: string;
  /** Of that past; unless said, the error has it already. */
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

/** Errors of any call that no model lists: services that had a query protocol before send both of their names. */
export function olderNames(operation: Operation | undefined, code: string): OlderNames | undefined {
  return operation?.contract.queryCompatible ? byCode.get(code) : undefined;
}
