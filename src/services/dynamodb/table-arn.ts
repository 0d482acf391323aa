import { parseArn } from "#aws/arn.ts";
import { invalid } from "./errors.ts";

const PATTERN = "[a-zA-Z0-9_.-]+";
const NAME = /^[a-zA-Z0-9_.-]{3,255}$/;
const PARTITION = "aws";
const FORM = `Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:resourceType/resourceName', where Resource name must have length less than or equal to 255, Resource name must have length greater than or equal to 3, Resource name must satisfy regular expression pattern: ${PATTERN}`;

const detected = (what: string) => invalid(`1 validation error detected: ${what}`);

/**
 * Checks an ARN in place of a table name: it must be that of a table, not of its index or stream.
 * @param path the path of the member
 * @throws {AwsError} ValidationException
 */
export function checkTableArn(path: string, arn: string): void {
  const { partition, service, account, resource = "" } = parseArn(arn) ?? {};
  const type = resource.slice(0, resource.indexOf("/"));
  const name = resource.slice(type.length + 1);
  if (service !== "dynamodb" || account === "" || !NAME.test(name))
    throw detected(`Value '${arn}' at '${path}' failed to satisfy constraint: ${FORM}`);
  if (partition !== PARTITION) throw detected(`Invalid AWS partition in '${arn}'`);
  if (type !== "table") throw detected(`Invalid resource type in '${arn}'`);
}

/** The Region in a DynamoDB ARN; `undefined` for a table name or any other ARN. */
export function regionOf(nameOrArn: string): string | undefined {
  const named = nameOrArn.startsWith("arn:") ? parseArn(nameOrArn) : undefined;
  return named?.service === "dynamodb" && named.account !== "" ? named.region : undefined;
}
