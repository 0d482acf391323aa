import type { Input } from "#kernel/service.ts";
import { headerNotImplemented } from "../errors.ts";

/** Members that ask for encryption and the like, by the header that carries them. */
const HEADERS = {
  ServerSideEncryption: "x-amz-server-side-encryption",
  SSECustomerAlgorithm: "x-amz-server-side-encryption-customer-algorithm",
  SSECustomerKey: "x-amz-server-side-encryption-customer-key",
  SSECustomerKeyMD5: "x-amz-server-side-encryption-customer-key-MD5",
  SSEKMSKeyId: "x-amz-server-side-encryption-aws-kms-key-id",
  SSEKMSEncryptionContext: "x-amz-server-side-encryption-context",
  BucketKeyEnabled: "x-amz-server-side-encryption-bucket-key-enabled",
  CopySourceSSECustomerAlgorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
  CopySourceSSECustomerKey: "x-amz-copy-source-server-side-encryption-customer-key",
  CopySourceSSECustomerKeyMD5: "x-amz-copy-source-server-side-encryption-customer-key-MD5",
  WriteOffsetBytes: "x-amz-write-offset-bytes",
} as const satisfies Partial<
  Record<keyof Input<"s3", "PutObject"> | keyof Input<"s3", "CopyObject">, string>
>;

type Unimplemented = { [Member in keyof typeof HEADERS]?: unknown };
const members = Object.entries(HEADERS) as [keyof typeof HEADERS, string][];

/**
 * Better refused than ignored: a header of these that were passed over would have somebody believe in a protection.
 * @throws {AwsError} NotImplemented
 */
export function refuseUnimplemented(input: Unimplemented): void {
  for (const [member, header] of members) {
    if (input[member] !== undefined) throw headerNotImplemented(header);
  }
}
