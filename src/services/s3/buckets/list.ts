import { REGIONS } from "#aws/regions.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidArgument, wrongToken } from "../errors.ts";
import { ownerOf } from "../owner.ts";
import { type Bucket, buckets } from "../store.ts";
import { bucketArn } from "./bucket.ts";

/** The maximum number of buckets in a page, and in an account by default. */
const MAX_BUCKETS = 10_000;
const PAGE = 1_000;

export const bucketListing = {
  async ListBuckets(ctx, { MaxBuckets, ContinuationToken, Prefix, BucketRegion }) {
    const limit = limitOf(MaxBuckets);
    const region = BucketRegion?.toLowerCase();
    if (region !== undefined && region !== ctx.region) throw wrongRegion(BucketRegion!);
    // An empty token counts as none.
    const after = ContinuationToken ? nameOf(ContinuationToken) : undefined;
    const matching = await bucketsOf(ctx, { prefix: Prefix, region, after, most: limit + 1 });
    const shown = matching.slice(0, limit);
    const isFiltered = [MaxBuckets, ContinuationToken, Prefix, BucketRegion].some(
      (member) => member !== undefined,
    );
    return {
      Buckets: shown.map((bucket) => ({
        Name: bucket.name,
        CreationDate: new Date(bucket.created),
        // S3 returns Regions only if the request is paginated or filtered.
        BucketRegion: isFiltered ? bucket.region : undefined,
        BucketArn: bucketArn(bucket.name),
      })),
      Owner: ownerOf(ctx.account),
      Prefix,
      ContinuationToken: matching.length > limit ? tokenOf(shown.at(-1)!.name) : undefined,
    };
  },
} satisfies Handlers<"s3">;

function limitOf(maxBuckets = MAX_BUCKETS): number {
  if (maxBuckets >= 1 && maxBuckets <= MAX_BUCKETS) return maxBuckets;
  const message = `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`;
  throw invalidArgument(message, "max-buckets", maxBuckets);
}

interface Selection {
  prefix: string | undefined;
  region: string | undefined;
  after: string | undefined;
  most: number;
}

function bucketsOf(ctx: Context, { prefix, region, after, most }: Selection): Promise<Bucket[]> {
  return ctx.read(async (tx) => {
    const matching: Bucket[] = [];
    let last = after;
    for (;;) {
      const page = await tx.listBy(buckets, "owner", {
        in: [ctx.account],
        prefix,
        after: last === undefined ? undefined : [last],
        limit: PAGE,
      });
      for (const bucket of page) {
        if (region !== undefined && bucket.region !== region) continue;
        if (matching.push(bucket) === most) return matching;
      }
      last = page.at(-1)?.name;
      if (page.length < PAGE) return matching;
    }
  });
}

export const tokenOf = (name: string) => Buffer.from(name).toString("base64url");

export function nameOf(token: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (tokenOf(name) === token) return name;
  throw wrongToken();
}

/** The error for another Region than that of the endpoint, which lists only the buckets of its own Region. */
const wrongRegion = (name: string) =>
  invalidArgument(
    REGIONS.includes(name.toLowerCase())
      ? "Requests with bucket-region specified must be made to the corresponding regional endpoint"
      : `Argument value ${name} is not a valid AWS Region`,
    "bucket-region",
  );
