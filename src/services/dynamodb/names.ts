import { type Violation, violationMessage } from "#aws/contract/constraints.ts";
import { invalid } from "./errors.ts";
import { checkResourceArn, isElsewhere } from "./resource-arn.ts";
import { checkTableArn } from "./table-arn.ts";
import { checkTagKeys, checkTags, type SentTag } from "./tables/tag-rules.ts";

const PATTERN = "[a-zA-Z0-9_.-]+";
const FORM = new RegExp(`^${PATTERN}$`);
const MIN_LENGTH = 3;
const MAX_LENGTH = 255;
/** The most keys of one table in a BatchGetItem request. */
const MAX_KEYS = 100;
/** AWS reports at most this many violations at once. */
const MAX_VIOLATIONS = 10;
const WRONG_KEYS = `Map keys must satisfy constraint: [Member must have length less than or equal to ${MAX_LENGTH}, Member must have length greater than or equal to ${MIN_LENGTH}, Member must satisfy regular expression pattern: ${PATTERN}]`;

interface Named {
  TableName?: string | undefined;
  IndexName?: string | undefined;
  ResourceArn?: string | undefined;
  GlobalTableName?: string | undefined;
  TargetTableName?: string | undefined;
  Tags?: SentTag[] | undefined;
  TagKeys?: string[] | undefined;
  RequestItems?: Record<string, object> | undefined;
  AttributeDefinitions?: unknown;
  KeySchema?: unknown;
  GlobalTableSourceArn?: unknown;
  TableClass?: string | undefined;
  TableArn?: string | undefined;
  TransactItems?: Record<string, { TableName?: string } | undefined>[] | undefined;
}

const TAGGING = new Set(["TagResource", "UntagResource", "ListTagsOfResource"]);
const NONE: readonly unknown[] = [];

/** Checks the resource and the tags of a tagging request; faults of the resource come first. */
function checkResource(operation: string, { ResourceArn: arn, Tags, TagKeys }: Named): void {
  if (!TAGGING.has(operation)) return;
  const given = operation === "TagResource" ? Tags : operation === "UntagResource" ? TagKeys : NONE;
  if (!given) return;
  if (arn === undefined) throw invalid("Invalid TableArn");
  if (!isElsewhere(arn)) checkResourceArn(arn);
  if (Tags?.length === 0) throw invalid("Atleast one Tag needs to be provided as Input.");
  if (TagKeys?.length === 0) throw invalid("Atleast one Tag Key needs to be provided as Input.");
  if (Tags) checkTags(Tags);
  if (TagKeys) checkTagKeys(TagKeys);
}

/** Operations that report a name of a wrong length together with other violations. */
const TOGETHER = new Set(["DescribeTable", "UpdateTable"]);

/** Operations that do not require a table name. */
const ANY_TABLE = new Set([
  "ListBackups",
  "ListStreams",
  "ListContributorInsights",
  "ListExports",
  "ListImports",
]);

/**
 * Checks names, which the model does not restrict since they may be ARNs. A missing name and, for most operations, a name
 * of a wrong length are thrown alone, before anything else; a name with invalid characters is one violation among others.
 * @throws {AwsError} ValidationException
 */
export function nameViolations(operation: string, input: Named): Violation[] {
  checkResource(operation, input);
  const found = tableNameViolations(operation, input.TableName);
  // The names of legacy global tables and of tables to be restored.
  for (const other of [input.GlobalTableName, input.TargetTableName])
    if (other !== undefined) checkLength("TableName", other);
  if (input.TransactItems) found.push(...wrongNames(input.TransactItems));
  if (input.IndexName !== undefined && INSIGHTS.has(operation)) checkLength("IndexName", input.IndexName);
  if (input.TableClass !== undefined && HAS_TABLE_CLASS.has(operation)) checkTableClass(input.TableClass);
  if (input.TableArn === "" && operation === "ExportTableToPointInTime")
    throw invalid("Invalid TableArn: Invalid Table ARN");
  if (input.RequestItems) found.push(...batchViolations(operation, input.RequestItems));
  if (operation === "CreateTable") found.push(...creationViolations(input));
  return found;
}

function tableNameViolations(operation: string, name: string | undefined): Violation[] {
  if (name === undefined) {
    if (!NEEDS_TABLE.has(operation)) return [];
    throw invalid("The parameter 'TableName' is required but was not present in the request");
  }
  if (isArn(name)) {
    checkTableArn("tableName", name);
    return [];
  }
  const found: Violation[] = [];
  if (TOGETHER.has(operation)) found.push(...wrongLength("tableName", name));
  else if (!ANY_TABLE.has(operation)) checkLength("TableName", name);
  if (!FORM.test(name)) found.push(wrongForm("tableName", name));
  // The violation of the model's own minimum length is not reported in addition.
  if (name === "" && TOGETHER.has(operation)) throw invalid(violationMessage(found, "coral"));
  return found;
}

/** @throws {AwsError} ValidationException */
function checkTableClass(name: string): void {
  if (!CLASSES.includes(name))
    throw invalid(
      `Invalid table-class parameter provided. Please try again with a valid table-class value: [${CLASSES.join(", ")}].`,
    );
}

/** The violations of a batch's table names. */
function batchViolations(operation: string, items: NonNullable<Named["RequestItems"]>): Violation[] {
  const names = Object.keys(items);
  for (const name of names) if (isArn(name)) checkTableArn("requestItems", name);
  if (names.length === 0) throw emptyBatch(operation);
  if (operation === "BatchGetItem") checkKeys(items);
  if (names.every((name) => isArn(name) || isName(name))) return [];
  return [
    {
      path: "requestItems",
      message: `Value '{${names.join(", ")}}' at 'requestItems' failed to satisfy constraint: ${WRONG_KEYS}`,
    },
  ];
}

/**
 * The violations of a CreateTable request: some optional members are required, unless it replicates another account's
 * table.
 */
function creationViolations({ GlobalTableSourceArn, ...input }: Named): Violation[] {
  if (GlobalTableSourceArn !== undefined) return [];
  if (input.Tags) checkTags(input.Tags);
  return [
    ...(input.AttributeDefinitions === undefined ? [missing("attributeDefinitions")] : []),
    ...(input.KeySchema === undefined ? [missing("keySchema")] : []),
  ];
}

const emptyBatch = (operation: string) =>
  invalid(
    operation === "BatchGetItem"
      ? "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
      : `The requestItems parameter is required for ${operation}`,
  );

/** This message omits the value and names the member as the API spells it. @throws {AwsError} ValidationException */
function checkKeys(items: Record<string, { Keys?: object[] }>): void {
  for (const [name, { Keys = [] }] of Object.entries(items))
    if (Keys.length > MAX_KEYS)
      throw invalid(
        `1 validation error detected: Value at 'RequestItems.${name}.member.Keys' failed to satisfy constraint: Member must have length less than or equal to ${MAX_KEYS}`,
      );
}

/**
 * The violations of a transaction's table names, up to the limit. All names are checked, as some faults are thrown
 * alone.
 */
function wrongNames(items: NonNullable<Named["TransactItems"]>): Violation[] {
  const found: Violation[] = [];
  for (const [at, actions] of items.entries())
    for (const [action, of] of Object.entries(actions)) {
      const name = of?.TableName;
      if (name === undefined) continue;
      const path = `transactItems.${at + 1}.member.${action[0]!.toLowerCase()}${action.slice(1)}.tableName`;
      if (isArn(name)) {
        checkTableArn(path, name);
        continue;
      }
      checkLength("TableName", name);
      if (found.length < MAX_VIOLATIONS && !FORM.test(name)) found.push(wrongForm(path, name));
    }
  return found;
}

const INSIGHTS = new Set(["UpdateContributorInsights", "DescribeContributorInsights"]);

const HAS_TABLE_CLASS = new Set(["CreateTable", "UpdateTable"]);
const CLASSES = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"];

const NEEDS_TABLE = new Set([
  "CreateTable",
  "DescribeTable",
  "UpdateTable",
  "DeleteTable",
  "UpdateTimeToLive",
  "DescribeTimeToLive",
  "GetItem",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "Query",
  "Scan",
]);

const isArn = (name: string) => name.startsWith("arn:");
const isName = (name: string) => name.length >= MIN_LENGTH && name.length <= MAX_LENGTH && FORM.test(name);

function checkLength(member: string, name: string): void {
  if (name.length < MIN_LENGTH || name.length > MAX_LENGTH)
    throw invalid(
      `${member} must be at least ${MIN_LENGTH} characters long and at most ${MAX_LENGTH} characters long`,
    );
}

function wrongLength(path: string, value: string): Violation[] {
  const rules = [
    ...(value.length < MIN_LENGTH ? [`Member must have length greater than or equal to ${MIN_LENGTH}`] : []),
    ...(value.length > MAX_LENGTH ? [`Member must have length less than or equal to ${MAX_LENGTH}`] : []),
  ];
  return rules.map((rule) => ({
    path,
    message: `Value '${value}' at '${path}' failed to satisfy constraint: ${rule}`,
  }));
}

const wrongForm = (path: string, value: string): Violation => ({
  path,
  message: `Value '${value}' at '${path}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${PATTERN}`,
});

const missing = (path: string): Violation => ({
  path,
  message: `Value null at '${path}' failed to satisfy constraint: Member must not be null`,
});
