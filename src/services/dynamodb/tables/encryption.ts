import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { managedKeyArn } from "#aws/managed-key.ts";
import type { Place } from "#kernel/records/collection.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { Table } from "../store.ts";

const MANAGED = "alias/aws/dynamodb";

/**
 * A table is encrypted with DynamoDB's own key, which descriptions omit, or with the account's AWS managed key. Customer
 * managed keys are rejected, as there is no KMS.
 * @throws {AwsError} ValidationException
 */
export function checkEncryption(place: Place, sent: DynamoDB.SSESpecification | undefined): void {
  if (!sent) return;
  const { Enabled, SSEType, KMSMasterKeyId: key } = sent;
  if (Enabled === false && SSEType)
    throw invalidParameters("SSEType can not be specified if Enabled is false");
  if (Enabled === false && key)
    throw invalidParameters("KMSMasterKeyId can not be specified if Enabled is false");
  if (SSEType === "AES256") throw invalidParameters("SSEType AES256 is not supported");
  if (!key) return;
  if (!SSEType) throw invalidParameters("SSEType KMS is required if KMSMasterKeyId is specified");
  if (key !== MANAGED && key !== managedKey(place)) throw noSuchKey(place, key);
}

const noSuchKey = ({ account, region }: Place, key: string) => {
  const arn = key.startsWith("arn:")
    ? key
    : `arn:aws:kms:${region}:${account}:${key.startsWith("alias/") ? key : `key/${key}`}`;
  const what = arn.includes(":alias/") ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`;
  return invalid(
    `KMS validation error: com.amazonaws.services.kms.model.NotFoundException: ${what} (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException; Proxy: null)`,
  );
};

/** A table with a changed encryption. @throws {AwsError} ValidationException */
export function withEncryption(
  place: Place,
  table: Table,
  sent: DynamoDB.SSESpecification | undefined,
): Table {
  if (!sent) return table;
  checkEncryption(place, sent);
  if (!hasKey(sent) && !hasKey(table.encryption))
    throw invalidParameters("Table is already encrypted by default");
  if (sent.KMSMasterKeyId === managedKey(place) && hasKey(table.encryption))
    throw invalidParameters(
      "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key",
    );
  return { ...table, encryption: sent };
}

/** `undefined` for DynamoDB's own key, which is the default. */
export function describedEncryption(
  place: Place,
  { encryption }: Pick<Table, "encryption">,
): DynamoDB.SSEDescription | undefined {
  if (!hasKey(encryption)) return undefined;
  return { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: managedKey(place) };
}

const hasKey = (sent: DynamoDB.SSESpecification | undefined): boolean =>
  sent?.Enabled ?? sent?.SSEType === "KMS";

const managedKey = (place: Place) => managedKeyArn(place, MANAGED);
