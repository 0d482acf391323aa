import type { IntelligentTieringConfiguration, IntelligentTieringFilter } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { putAging } from "../lifecycle/mark.ts";
import { lookFrom } from "../lifecycle/midnight.ts";
import { checkSchema } from "../schema.ts";
import {
  daysOutOfRange,
  idDiffers,
  noSuchConfiguration,
  tooManyConfigurations,
  wrongToken,
} from "./errors.ts";
import { tieringConfigurations } from "./store.ts";

const MOST = 1_000;
const PAGE = 100;
const MOST_DAYS = 730;
const LEAST_DAYS = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 };
const TOKEN = "s3/ListBucketIntelligentTieringConfigurations";

export const tieringHandlers = {
  async PutBucketIntelligentTieringConfiguration(ctx, { Bucket, Id, ...input }) {
    checkDocument(ctx);
    const configuration = input.IntelligentTieringConfiguration;
    checkSchema("PutBucketIntelligentTieringConfiguration", configuration);
    if (configuration.Id !== Id) throw idDiffers(configuration.Id);
    checkConfiguration(configuration);
    return ctx.transact(async (tx) => {
      const bucket = putAging(tx, { ...(await bucketAt(tx, Bucket)), tiers: true });
      const others = await tieringConfigurations.list(tx, bucket);
      if (others.length >= MOST && !others.some((other) => other.Id === Id)) throw tooManyConfigurations();
      tieringConfigurations.put(tx, bucket, configuration, Id);
      await lookFrom(tx, bucket);
      return {};
    });
  },

  async GetBucketIntelligentTieringConfiguration(ctx, { Bucket, Id }) {
    const configuration = await ctx.read(async (tx) =>
      tieringConfigurations.get(tx, await bucketAt(tx, Bucket), Id),
    );
    if (!configuration) throw noSuchConfiguration();
    return { IntelligentTieringConfiguration: configuration };
  },

  async ListBucketIntelligentTieringConfigurations(ctx, { Bucket, ContinuationToken: token }) {
    const after = token === undefined ? undefined : ctx.seal.unseal(TOKEN, token);
    if (token !== undefined && typeof after !== "string") throw wrongToken(token);
    const all = await ctx.read(async (tx) => tieringConfigurations.list(tx, await bucketAt(tx, Bucket)));
    const rest = after === undefined ? all : all.slice(all.findIndex(({ Id }) => Id === after) + 1);
    const shown = rest.slice(0, PAGE);
    const isTruncated = rest.length > PAGE;
    return {
      IsTruncated: isTruncated,
      ContinuationToken: token,
      NextContinuationToken: isTruncated ? ctx.seal.seal(TOKEN, shown.at(-1)!.Id) : undefined,
      IntelligentTieringConfigurationList: shown,
    };
  },

  async DeleteBucketIntelligentTieringConfiguration(ctx, { Bucket, Id }) {
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, Bucket);
      if (!(await tieringConfigurations.get(tx, bucket, Id))) throw noSuchConfiguration();
      tieringConfigurations.delete(tx, bucket, Id);
      const left = await tieringConfigurations.list(tx, bucket);
      const { tiers: _, ...plain } = bucket;
      if (left.length === 0) putAging(tx, plain);
      return {};
    });
  },
} satisfies Handlers<"s3">;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html */
function checkConfiguration({ Filter: filter, Tierings: tierings }: IntelligentTieringConfiguration): void {
  if (filter) checkFilter(filter);
  const named = tierings.map(({ AccessTier }) => AccessTier);
  if (tierings.length === 0 || new Set(named).size < named.length) throw malformedXml();
  for (const { AccessTier, Days } of tierings) {
    const least = LEAST_DAYS[AccessTier];
    if (!(Days >= least && Days <= MOST_DAYS)) throw daysOutOfRange(AccessTier, least, MOST_DAYS, Days);
  }
}

function checkFilter(filter: IntelligentTieringFilter): void {
  const members = Object.values(filter).filter((member) => member !== undefined);
  if (members.length > 1) throw malformedXml();
  const { And: and } = filter;
  if (and && (and.Tags?.length ?? 0) + (and.Prefix === undefined ? 0 : 1) < 2) throw malformedXml();
}
