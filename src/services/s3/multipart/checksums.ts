import { checksumOf } from "#lib/checksums/checksum.ts";
import { type CombinableName, combine } from "#lib/checksums/combine.ts";
import { invalidRequest } from "../errors.ts";
import { DEFAULT_ALGORITHM, type ExpectedChecksum, hashName, namedAlgorithm } from "../objects/checksums.ts";
import type { Checksum, ChecksumAlgorithm, Part, Upload } from "../store.ts";

type Declared = Pick<Upload, "checksumAlgorithm" | "checksumType">;

/**
 * Returns the algorithm and type of the object's checksum, as declared when the upload starts. Only
 * CRCs can be of the full object, since the CRCs of parts can be combined. If no algorithm is declared,
 * S3 computes a full-object checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * @throws {AwsError} InvalidRequest
 */
export function declaredChecksum(input: { ChecksumAlgorithm?: string; ChecksumType?: string }): Declared {
  const algorithm = namedAlgorithm(input.ChecksumAlgorithm);
  const type = input.ChecksumType?.toUpperCase();
  if (algorithm === undefined) {
    if (type === undefined) return {};
    throw invalidRequest(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const types = TYPES[algorithm];
  if (type === undefined) return { checksumAlgorithm: algorithm, checksumType: types[0]! };
  if (type !== "FULL_OBJECT" && type !== "COMPOSITE")
    throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  if (types.includes(type)) return { checksumAlgorithm: algorithm, checksumType: type };
  throw invalidRequest(
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

/** The checksum types that each algorithm supports, the default first. */
const TYPES: Record<ChecksumAlgorithm, Checksum["type"][]> = {
  CRC32: ["COMPOSITE", "FULL_OBJECT"],
  CRC32C: ["COMPOSITE", "FULL_OBJECT"],
  CRC64NVME: ["FULL_OBJECT"],
  SHA1: ["COMPOSITE"],
  SHA256: ["COMPOSITE"],
  SHA512: ["COMPOSITE"],
  MD5: ["COMPOSITE"],
  XXHASH64: ["COMPOSITE"],
  XXHASH3: ["COMPOSITE"],
  XXHASH128: ["COMPOSITE"],
};

export const algorithmOf = (upload: Upload) => upload.checksumAlgorithm ?? DEFAULT_ALGORITHM;

/**
 * Checks that a part's checksum uses the algorithm that the upload declared. It may be omitted only if the
 * object has a full-object checksum.
 * @throws {AwsError} InvalidRequest
 */
export function checkAlgorithm(upload: Upload, expected: ExpectedChecksum | undefined): void {
  const { checksumAlgorithm: declared, checksumType } = upload;
  if (declared === undefined) return;
  if (expected ? expected.algorithm === declared : checksumType === "FULL_OBJECT") return;
  throw checksumTypeMismatch(declared, expected?.algorithm);
}

const checksumTypeMismatch = (declared: string, actual: string | undefined) =>
  invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${declared.toLowerCase()}, actual checksum Type: ${actual?.toLowerCase() ?? "null"}`,
  );

/**
 * Computes the object's checksum from those of its parts; `undefined` if a part has none. An object with a
 * customer-provided key has a checksum only if the upload declared one.
 */
export function checksumOfParts(upload: Upload, used: readonly Part[]): Checksum | undefined {
  if (upload.customerKey && upload.checksumAlgorithm === undefined) return undefined;
  const algorithm = algorithmOf(upload);
  const sums = used.map((part) =>
    part.checksum === undefined ? undefined : Buffer.from(part.checksum, "base64"),
  );
  if (!sums.every((sum) => sum !== undefined)) return undefined;
  const name = hashName(algorithm);
  if (upload.checksumType === "COMPOSITE") {
    const value = Buffer.from(checksumOf(name, Buffer.concat(sums))).toString("base64");
    return { algorithm, type: "COMPOSITE", value: `${value}-${used.length}` };
  }
  const whole = sums.reduce<Uint8Array>(
    (sum, next, i) => (i === 0 ? next : combine(name as CombinableName, sum, next, used[i]!.body.size)),
    Buffer.alloc(0),
  );
  return { algorithm, type: "FULL_OBJECT", value: Buffer.from(whole).toString("base64") };
}
