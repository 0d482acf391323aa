import type { Handlers } from "#kernel/service.ts";
import { invalidArgument } from "../errors.ts";
import { ownerOf } from "../owner.ts";
import { type Bucket, buckets } from "../store.ts";

/** Also the most buckets that an account has without asking for more. */
const MOST = 10_000;

export const bucketListing = {
  async ListBuckets(ctx, { MaxBuckets, ContinuationToken, Prefix, BucketRegion }) {
    if (MaxBuckets !== undefined && !(MaxBuckets >= 1 && MaxBuckets <= MOST)) {
      throw invalidArgument(
        "Argument max-buckets must be an integer between 1 and 10000",
        "max-buckets",
        MaxBuckets,
      );
    }
    const limit = MaxBuckets ?? MOST;
    const after = ContinuationToken === undefined ? undefined : nameOf(ContinuationToken);
    const found = await ctx.read(async (tx) => {
      const wanted: Bucket[] = [];
      let last = after;
      for (;;) {
        const page = await tx.listBy(buckets, "owner", {
          in: [ctx.account],
          prefix: Prefix,
          after: last === undefined ? undefined : [last],
          limit: 1_000,
        });
        for (const bucket of page) {
          if (BucketRegion !== undefined && bucket.region !== BucketRegion) continue;
          if (wanted.push(bucket) > limit) return wanted;
        }
        last = page.at(-1)?.name;
        if (page.length < 1_000) return wanted;
      }
    });
    const shown = found.slice(0, limit);
    const asked = [MaxBuckets, ContinuationToken, Prefix, BucketRegion].some(
      (member) => member !== undefined,
    );
    return {
      Buckets: shown.map((bucket) => ({
        Name: bucket.name,
        CreationDate: new Date(bucket.created),
        // S3 tells the Region only to those who ask for pages or for a choice.
        BucketRegion: asked ? bucket.region : undefined,
      })),
      Owner: ownerOf(ctx.account),
      Prefix,
      ContinuationToken: found.length > limit ? tokenOf(shown.at(-1)!.name) : undefined,
    };
  },
} satisfies Handlers<"s3">;

const tokenOf = (name: string) => Buffer.from(name).toString("base64url");

function nameOf(token: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (tokenOf(name) === token) return name;
  throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
}
