import type { AwsError } from "#aws/errors.ts";
import type { Bucket } from "../store.ts";
import { kmsNotFound } from "./errors.ts";

const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Returns KMS's error for a key that does not exist. KMS is not implemented, so writes that specify a KMS key
 * are refused; otherwise objects would appear to be encrypted with it.
 */
export function kmsKeyMissing({ region, owner }: Bucket, keyId = "alias/aws/s3"): AwsError {
  const prefix = `arn:aws:kms:${region}:${owner}:`;
  const [, arn, place, resource] = /^(arn:[^:]*:kms:([^:]*):[^:]*:)(.+)$/.exec(keyId) ?? [];
  // S3 does not look up keys of another Region.
  if (arn !== undefined && place !== region) return kmsNotFound(`Invalid arn ${place}`);
  const name = resource ?? keyId;
  if (name.startsWith("alias/")) return kmsNotFound(`Alias ${arn ?? prefix}${name} is not found.`);
  const id = name.replace(/^key\//, "");
  if (KEY_ID.test(id)) return kmsNotFound(`Key '${arn ?? prefix}key/${id}' does not exist`);
  return kmsNotFound(`Invalid keyId '${keyId}'`);
}
