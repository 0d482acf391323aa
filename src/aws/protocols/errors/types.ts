import type { Operation } from "../../contract/shapes.ts";
import type { WireError } from "./errors.ts";

/** Errors of the framework of AWS's older services: they have its namespaces rather than the service's. */
const frameworkNamespaces: Record<string, string> = {
  SerializationException: "com.amazon.coral.service",
  UnknownOperationException: "com.amazon.coral.service",
  UnrecognizedClientException: "com.amazon.coral.service",
  InvalidSignatureException: "com.amazon.coral.service",
  IncompleteSignatureException: "com.amazon.coral.service",
  MissingAuthenticationTokenException: "com.amazon.coral.service",
  AccessDeniedException: "com.amazon.coral.service",
  InternalFailure: "com.amazon.coral.service",
  InvalidParameterValueException: "com.amazon.coral.service",
  MissingRequiredParameterException: "com.amazon.coral.service",
  ExpiredTokenException: "com.amazon.coral.service",
  ValidationException: "com.amazon.coral.validate",
  ThrottlingException: "com.amazon.coral.availability",
};

/** Services whose namespace differs from their name. */
const serviceNamespaces: Record<string, string> = {
  dynamodb: "com.amazonaws.dynamodb.v20120810",
  "dynamodb-streams": "com.amazonaws.dynamodb.v20120810",
};

/**
 * The `__type` of awsJson1_0 and CBOR: `com.amazonaws.sqs#QueueDoesNotExist`. awsJson1_1 has only the part
 * after the `#`.
 */
export function absoluteType(operation: Operation | undefined, { shape, name }: WireError): string {
  const framework = Object.hasOwn(frameworkNamespaces, name) ? frameworkNamespaces[name] : undefined;
  if (shape === undefined && framework !== undefined) return `${framework}#${name}`;
  if (operation === undefined) return `com.amazon.coral.service#${name}`;
  const { service } = operation.contract;
  const namespace = Object.hasOwn(serviceNamespaces, service) ? serviceNamespaces[service] : undefined;
  return `${namespace ?? `com.amazonaws.${service.replaceAll("-", "")}`}#${name}`;
}
