import { AwsError } from "#aws/errors.ts";

/**
 * Query parameters that select a subresource of a bucket or an object: `?acl`, `?uploads`. A request whose
 * method the subresource does not support must never be handled as one for the bucket or the object itself.
 * Names are case-sensitive, values do not matter, and other parameters select nothing.
 */

/** The name used in errors, and the supported methods in the order of the `Allow` header. */
type Selector = [type: string, methods: string];
type Selectors = Readonly<Record<string, Selector>>;

const READ = "GET";
const SET = "GET, PUT";
const ALL = "DELETE, GET, PUT";

/** Selectors of a bucket that are also accepted at the path of any of its keys. */
const ANYWHERE: Selectors = {
  accelerate: ["ACCELERATE", SET],
  cors: ["CORS", ALL],
  delete: ["MULTI_OBJECT_DELETE", "POST"],
  inventory: ["INVENTORY", ALL],
  lifecycle: ["LIFECYCLE", ALL],
  location: ["LOCATION", READ],
  logging: ["LOGGING_STATUS", SET],
  notification: ["NOTIFICATION", SET],
  policy: ["BUCKETPOLICY", ALL],
  replication: ["REPLICATION", ALL],
  requestPayment: ["REQUEST_PAYMENT", SET],
  versioning: ["VERSIONING", SET],
  versions: ["BUCKETVERSIONS", READ],
  website: ["WEBSITE", ALL],
};

const OF_BOTH: Selectors = {
  acl: ["ACL", SET],
  restore: ["RESTORE", "POST"],
  torrent: ["TORRENT", ""],
  uploadId: ["UPLOAD", "DELETE, POST, GET"],
  uploads: ["UPLOADS", "POST, GET"],
};

const OF_BUCKETS: Selectors = {
  ...ANYWHERE,
  ...OF_BOTH,
  abac: ["BUCKET_ABAC", SET],
  analytics: ["ANALYTICS", ALL],
  encryption: ["ENCRYPTION", ALL],
  "intelligent-tiering": ["INTELLIGENT_TIERING", ALL],
  metadataAnnotationTable: ["BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION", "PUT"],
  metadataConfiguration: ["BUCKET_METADATA_CONFIGURATION", "DELETE, POST, GET"],
  metadataInventoryTable: ["BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION", "PUT"],
  metadataJournalTable: ["BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION", "PUT"],
  metadataTable: ["BUCKET_METADATA_TABLE_CONFIGURATION", "DELETE, POST, GET"],
  metrics: ["METRICS", ALL],
  "object-lock": ["OBJECT_LOCK_CONFIGURATION", SET],
  ownershipControls: ["OWNERSHIP_CONTROLS", ALL],
  policyStatus: ["POLICY_STATUS", READ],
  publicAccessBlock: ["PUBLIC_ACCESS_BLOCK", ALL],
  session: ["SESSION", READ],
  tagging: ["TAGGING", ALL],
};

const OF_OBJECTS: Selectors = {
  ...ANYWHERE,
  ...OF_BOTH,
  annotation: ["OBJECT_ANNOTATIONS", ALL],
  attributes: ["OBJECT_ATTRIBUTES", READ],
  encryption: ["OBJECT_ENCRYPTION", "PUT"],
  "legal-hold": ["OBJECT_LOCK_LEGALHOLD", SET],
  renameObject: ["OBJECT_RENAME", "PUT"],
  retention: ["OBJECT_LOCK_RETENTION", SET],
  select: ["SELECT", "POST"],
  tagging: ["OBJECT_TAGGING", ALL],
};

/** The selector for an upload id together with a part number. */
const PART: Selector = ["PART", "PUT"];

export interface Selected {
  name: string;
  /** Whether it selects a bucket's subresource although the path is a key's. */
  ofBucket: boolean;
}

/**
 * Finds the subresource that a query selects at an S3 path.
 * @throws {AwsError} for two selectors at once, or one that does not exist here or does not support the
 * method
 */
export function selected(
  method: string,
  path: string,
  query: readonly (readonly [string, string])[],
): Selected | undefined {
  if (path === "/") return undefined;
  const isKey = /^\/[^/]+\/./.test(path);
  const selectors = isKey ? OF_OBJECTS : OF_BUCKETS;
  const names = query.map(([name]) => name).filter((name) => Object.hasOwn(selectors, name));
  const [name] = names;
  const part = query.some((pair) => pair[0] === "partNumber");
  if (part && !isKey) throw new AwsError("InvalidRequest", "Object must have a valid key name.");
  if (name === undefined) return undefined;
  checkSole(part && name !== "uploadId" ? [...names, "partNumber"] : names);
  const site = query.find((pair) => pair[0] === "website")?.[1];
  if (site) throw misplaced("The website parameter must not have a value", "website", site);
  const [type, methods] = part ? PART : selectors[name]!;
  if (!methods.split(", ").includes(method)) throw methodNotAllowed(method, type, methods);
  const elsewhere = (isKey ? NOT_OF_KEYS : ONLY_OF_KEYS)[`${method} ${name}`];
  if (elsewhere) throw new AwsError(...elsewhere);
  return { name, ofBucket: isKey && Object.hasOwn(ANYWHERE, name) };
}

function checkSole(names: string[]): void {
  const [first, ...others] = [...new Set(names)].sort();
  if (others.length === 0) return;
  const sentence = `Conflicting query string parameters: ${[first, ...others].join(", ")}`;
  throw misplaced(sentence, "ResourceType", first!);
}

const misplaced = (message: string, name: string, value: string) =>
  new AwsError("InvalidArgument", message, { members: { ArgumentName: name, ArgumentValue: value } });

type Misplaced = Readonly<Record<string, [code: string, sentence: string]>>;

const NOT_OF_KEYS: Misplaced = {
  "GET logging": ["NoLoggingStatusForKey", "There is no such thing as the ?logging sub-resource for a key"],
  "GET versions": ["InvalidRequest", "There is no such thing as the ?versions sub-resource for a key"],
  "GET uploads": ["InvalidRequest", "Key is not expected for the GET method ?uploads subresource"],
};

const noKey: Misplaced[string] = ["InvalidRequest", "A key must be specified"];

const ONLY_OF_KEYS: Misplaced = {
  "GET uploadId": noKey,
  "POST uploadId": noKey,
  "DELETE uploadId": noKey,
  "POST uploads": noKey,
  "POST restore": ["UserKeyMustBeSpecified", "User key must be specified."],
};

export const methodNotAllowed = (method: string, type: string, allow: string) =>
  new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
    status: 405,
    members: { Method: method, ResourceType: type },
    headers: allow === "" ? {} : { allow },
  });
