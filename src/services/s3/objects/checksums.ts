import type { Context } from "#kernel/context.ts";
import type { ChecksumName } from "#lib/checksums/checksum.ts";
import { badChecksum, invalidRequest, malformedTrailer } from "../errors.ts";
import type { Checksum, ChecksumAlgorithm } from "../store.ts";

/** The checksum algorithm that S3 uses if the request has no checksum. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

const ALGORITHMS = {
  CRC32: { name: "crc32", member: "ChecksumCRC32", bytes: 4 },
  CRC32C: { name: "crc32c", member: "ChecksumCRC32C", bytes: 4 },
  CRC64NVME: { name: "crc64nvme", member: "ChecksumCRC64NVME", bytes: 8 },
  SHA1: { name: "sha1", member: "ChecksumSHA1", bytes: 20 },
  SHA256: { name: "sha256", member: "ChecksumSHA256", bytes: 32 },
  SHA512: { name: "sha512", member: "ChecksumSHA512", bytes: 64 },
  MD5: { name: "md5", member: "ChecksumMD5", bytes: 16 },
  XXHASH64: { name: "xxhash64", member: "ChecksumXXHASH64", bytes: 8 },
  XXHASH3: { name: "xxhash3", member: "ChecksumXXHASH3", bytes: 8 },
  XXHASH128: { name: "xxhash128", member: "ChecksumXXHASH128", bytes: 16 },
} as const satisfies Record<ChecksumAlgorithm, { name: ChecksumName; member: string; bytes: number }>;

const algorithms = Object.keys(ALGORITHMS) as ChecksumAlgorithm[];

export const hashName = (algorithm: ChecksumAlgorithm) => ALGORITHMS[algorithm].name;
const PREFIX = "x-amz-checksum-";
const headerOf = (algorithm: string) => PREFIX + algorithm.toLowerCase();

/** The members of inputs and outputs that hold a checksum. */
export type ChecksumMembers = { [A in ChecksumAlgorithm as `Checksum${A}`]?: string };

/** A checksum that the client sends in a header, or announces as a trailer. */
export interface ExpectedChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64; absent until the trailer has been received. */
  value?: string;
}

/**
 * Returns the checksum that a request contains or announces as a trailer.
 * @throws {AwsError} InvalidRequest
 */
export function expectedChecksum(
  input: ChecksumMembers & { ChecksumAlgorithm?: string },
  announced: readonly string[],
): ExpectedChecksum | undefined {
  const found = [...headerChecksums(input), ...announcedChecksums(announced)];
  if (found.length > 1) {
    const hasTrailer = found.some(({ value }) => value === undefined);
    throw invalidRequest(
      `Expecting a single x-amz-checksum- header${hasTrailer ? "" : ". Multiple checksum Types are not allowed."}`,
    );
  }
  const [expected] = found;
  if (input.ChecksumAlgorithm !== undefined) checkNamed(input.ChecksumAlgorithm.toUpperCase(), expected);
  if (expected?.value !== undefined) checkForm(expected.algorithm, expected.value, "header");
  return expected;
}

function headerChecksums(input: ChecksumMembers): ExpectedChecksum[] {
  const found: ExpectedChecksum[] = [];
  for (const algorithm of algorithms) {
    const value = input[ALGORITHMS[algorithm].member];
    if (value !== undefined) found.push({ algorithm, value });
  }
  return found;
}

function announcedChecksums(trailers: readonly string[]): ExpectedChecksum[] {
  return trailers
    .filter((trailer) => trailer.startsWith(PREFIX))
    .map((trailer) => {
      const algorithm = algorithms.find((candidate) => headerOf(candidate) === trailer);
      if (!algorithm)
        throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
      return { algorithm };
    });
}

/** Checks the algorithm that an SDK names against the checksum that it sends. */
function checkNamed(named: string, expected: ExpectedChecksum | undefined): void {
  if (!isAlgorithm(named) || (expected && expected.algorithm !== named))
    throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  if (!expected)
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
}

/** Headers that have the prefix of checksums but are not checksums. */
const NOT_CHECKSUMS = new Set(["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"]);
const HEADERS = new Set(algorithms.map(headerOf));

/** Whether a header is a checksum, possibly of an algorithm that S3 does not support. */
export const hasChecksum = (header: string): boolean =>
  header.startsWith(PREFIX) && !NOT_CHECKSUMS.has(header);

/**
 * Returns the checksum headers of a request as input members, for requests
 * that are not parsed by the contract.
 */
export function checksumsIn(headers: Readonly<Record<string, string>>): ChecksumMembers {
  const members: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (hasChecksum(name)) members[`Checksum${name.slice(PREFIX.length).toUpperCase()}`] = value;
  return members;
}

/**
 * Refuses a checksum of an unknown algorithm; the client would otherwise assume that it was verified.
 * @throws {AwsError} InvalidRequest
 */
export function refuseUnknownChecksum({ request }: Context): void {
  for (const name in request?.headers) {
    if (!hasChecksum(name) || HEADERS.has(name)) continue;
    throw invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.");
  }
}

/** Parses the name of an algorithm. @throws {AwsError} InvalidRequest */
export function namedAlgorithm(text: string | undefined): ChecksumAlgorithm | undefined {
  const name = text?.toUpperCase();
  if (name === undefined || isAlgorithm(name)) return name;
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

export function isAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(ALGORITHMS, name);
}

/** @throws {AwsError} BadDigest, MalformedTrailerError */
export function checkChecksum(
  { algorithm, value }: ExpectedChecksum,
  trailers: Readonly<Record<string, string>>,
  calculated: string,
): void {
  const expected = value ?? trailers[headerOf(algorithm)];
  if (expected === undefined) throw malformedTrailer();
  if (value === undefined) checkForm(algorithm, expected, "trailing header");
  if (expected !== calculated) throw badChecksum(algorithm);
}

function checkForm(algorithm: ChecksumAlgorithm, value: string, place: string): void {
  if (!isChecksum(algorithm, value))
    throw invalidRequest(`Value for ${headerOf(algorithm)} ${place} is invalid.`);
}

/** Whether a value has the format of a checksum of the algorithm. */
export function isChecksum(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === ALGORITHMS[algorithm].bytes && bytes.toString("base64") === value;
}

/** Returns a checksum as output members: `{ ChecksumCRC32: "…", ChecksumType: "FULL_OBJECT" }`. */
export function checksumMembers(
  checksum: Checksum | undefined,
): ChecksumMembers & { ChecksumType?: Checksum["type"] } {
  if (!checksum) return {};
  return { [ALGORITHMS[checksum.algorithm].member]: checksum.value, ChecksumType: checksum.type };
}
