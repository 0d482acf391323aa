import type { AsyncOperationName, AsyncRequestParameters } from "#aws/contract/types/s3control.ts";
import { collection } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { PublicAccessBlock } from "../access/blocks.ts";
import { noSuchMultiRegionAccessPoint } from "./errors.ts";

/**
 * A Multi-Region Access Point: one address of buckets in several Regions.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html
 */
export interface MultiRegionAccessPoint {
  account: string;
  name: string;
  /** The name in its ARN and in host names. */
  alias: string;
  /** Milliseconds since 1970, cloud time. */
  created: number;
  publicAccessBlock: PublicAccessBlock;
  routes: Route[];
  policy?: string;
}

interface Route {
  bucket: string;
  bucketOwner: string;
  region: string;
  /** Whether requests are routed to the bucket. */
  isActive: boolean;
}

export const multiRegionAccessPoints = collection<MultiRegionAccessPoint>("s3/multi-region-access-point", {
  scope: "partition",
  key: (one) => [one.account, one.name],
  indexes: { alias: (one) => [one.alias] },
});

export const multiRegionArn = ({ account, alias }: Pick<MultiRegionAccessPoint, "account" | "alias">) =>
  `arn:aws:s3::${account}:accesspoint/${alias}`;

/** Finds a Multi-Region Access Point by its alias, which no other has. */
export async function multiRegionAccessPointWith(
  tx: ReadTransaction,
  alias: string,
): Promise<MultiRegionAccessPoint | undefined> {
  const [found] = await tx.listBy(multiRegionAccessPoints, "alias", { in: [alias], limit: 1 });
  return found;
}

/** @throws {AwsError} NoSuchMultiRegionAccessPoint */
export async function multiRegionAccessPointNamed(
  tx: ReadTransaction,
  account: string,
  name: string,
): Promise<MultiRegionAccessPoint> {
  const found = await tx.get(multiRegionAccessPoints, [account, name]);
  if (!found) throw noSuchMultiRegionAccessPoint();
  return found;
}

/** A request that is carried out after it was answered. */
export interface AsyncRequest {
  account: string;
  /** Derived from the client's token, so that a repeated request is the same one. */
  token: string;
  operation: AsyncOperationName;
  created: number;
  parameters: AsyncRequestParameters;
  status: "INPROGRESS" | "SUCCEEDED" | "FAILED";
  error?: { Code: string; Message: string };
}

export const asyncRequests = collection<AsyncRequest>("s3/async-request", {
  scope: "partition",
  key: (request) => [request.account, request.token],
});
