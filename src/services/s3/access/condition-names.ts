/**
 * The condition keys of S3, and for those that do not apply to all actions, the actions to which they apply.
 */

const LISTING = ["s3:listbucket", "s3:listbucketversions"];
const WRITING = ["s3:putobject"];
const ACLS = [
  "s3:createbucket",
  "s3:putbucketacl",
  "s3:putobject",
  "s3:putobjectacl",
  "s3:putobjectversionacl",
];

const APPLIES_TO: Readonly<Record<string, readonly string[]>> = {
  "s3:prefix": LISTING,
  "s3:delimiter": LISTING,
  "s3:max-keys": LISTING,
  "s3:x-amz-acl": ACLS,
  "s3:x-amz-grant-full-control": ACLS,
  "s3:x-amz-grant-read": ACLS,
  "s3:x-amz-grant-read-acp": ACLS,
  "s3:x-amz-grant-write": ACLS,
  "s3:x-amz-grant-write-acp": ACLS,
  "s3:x-amz-copy-source": WRITING,
  "s3:x-amz-metadata-directive": WRITING,
  "s3:x-amz-server-side-encryption": [...WRITING, "s3:replicateobject", "s3:updateobjectencryption"],
  "s3:x-amz-server-side-encryption-aws-kms-key-id": [
    ...WRITING,
    "s3:replicateobject",
    "s3:updateobjectencryption",
  ],
  "s3:x-amz-server-side-encryption-customer-algorithm": [...WRITING, "s3:replicateobject"],
  "s3:x-amz-website-redirect-location": WRITING,
};

const EVERYWHERE = new Set([
  "s3:accessgrantsinstancearn",
  "s3:accesspointnetworkorigin",
  "s3:authtype",
  "s3:dataaccesspointaccount",
  "s3:dataaccesspointarn",
  "s3:existingjoboperation",
  "s3:existingjobpriority",
  "s3:if-match",
  "s3:if-none-match",
  "s3:inventoryaccessibleoptionalfields",
  "s3:locationconstraint",
  "s3:object-lock-legal-hold",
  "s3:object-lock-mode",
  "s3:object-lock-remaining-retention-days",
  "s3:object-lock-retain-until-date",
  "s3:objectcreationoperation",
  "s3:requestobjecttagkeys",
  "s3:resourceaccount",
  "s3:signatureage",
  "s3:signatureversion",
  "s3:tlsversion",
  "s3:versionid",
  "s3:x-amz-bucket-namespace",
  "s3:x-amz-content-sha256",
  "s3:x-amz-object-ownership",
  "s3:x-amz-storage-class",
]);

const TAGGED =
  /^s3:(existingobjecttag|requestobjecttag|buckettag|accesspointtag|accessgrantslocationscope)\/./;

/** Whether S3 accepts a condition key in a policy. Global (`aws:`) keys are not checked further. */
export function isConditionKey(key: string): boolean {
  const name = key.toLowerCase();
  return (
    name.startsWith("aws:") || Object.hasOwn(APPLIES_TO, name) || EVERYWHERE.has(name) || TAGGED.test(name)
  );
}

/** Whether a condition key applies to at least one of the actions. */
export function appliesTo(key: string, actions: readonly string[]): boolean {
  const only = APPLIES_TO[key.toLowerCase()];
  return only === undefined || actions.some((action) => only.includes(action));
}
