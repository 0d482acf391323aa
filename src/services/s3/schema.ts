import { violations } from "#aws/contract/constraints.ts";
import { loadContract } from "#aws/contract/contract.ts";
import type { StructureShape } from "#aws/contract/shapes.ts";
import type { OperationId } from "#kernel/service.ts";
import { malformedXml } from "./errors.ts";

/**
 * Validates a request's document by its schema: required elements must be
 * present, and enumerated values known.
 * @throws {AwsError} MalformedXML, without a reason as in S3
 */
export function checkSchema(operation: OperationId<"s3">, document: object): void {
  const shape = loadContract("s3").operation(operation)!.input.payload!.shape as StructureShape;
  if (violations(shape, document, "coral").length > 0) throw malformedXml();
}
