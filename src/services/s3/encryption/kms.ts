import type { AwsError } from "#aws/errors.ts";
import type { Bucket } from "../store.ts";
import { kmsNotFound } from "./errors.ts";

const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Until there is a service of keys, none of them is there: a write that asks for one is refused as KMS would refuse it,
 * and nothing is stored that would seem to be encrypted so.
 */
export function kmsKeyMissing({ region, owner }: Bucket, keyId = "alias/aws/s3"): AwsError {
  const prefix = `arn:aws:kms:${region}:${owner}:`;
  const [, arn, place, resource] = /^(arn:[^:]*:kms:([^:]*):[^:]*:)(.+)$/.exec(keyId) ?? [];
  // S3 does not ask a key of another Region.
  if (arn !== undefined && place !== region) return kmsNotFound(`Invalid arn ${place}`);
  const name = resource ?? keyId;
  if (name.startsWith("alias/")) return kmsNotFound(`Alias ${arn ?? prefix}${name} is not found.`);
  const id = name.replace(/^key\//, "");
  if (KEY_ID.test(id)) return kmsNotFound(`Key '${arn ?? prefix}key/${id}' does not exist`);
  return kmsNotFound(`Invalid keyId '${keyId}'`);
}
