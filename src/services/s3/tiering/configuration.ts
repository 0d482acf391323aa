import type { IntelligentTieringConfiguration, IntelligentTieringFilter } from "#aws/contract/types/s3.ts";
import type { Handlers } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { noSuchConfiguration, tooManyConfigurations } from "../configurations/errors.ts";
import { getIdentified, listIdentified } from "../configurations/identified.ts";
import { checkDocument } from "../documents.ts";
import { malformedXml } from "../errors.ts";
import { putAging } from "../lifecycle/mark.ts";
import { lookFrom } from "../lifecycle/midnight.ts";
import { checkSchema } from "../schema.ts";
import { daysOutOfRange, idDiffers } from "./errors.ts";
import { tieringConfigurations } from "./store.ts";

const MOST = 1_000;
const MOST_DAYS = 730;
const LEAST_DAYS = { ARCHIVE_ACCESS: 90, DEEP_ARCHIVE_ACCESS: 180 };

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

  async GetBucketIntelligentTieringConfiguration(ctx, input) {
    return { IntelligentTieringConfiguration: await getIdentified(ctx, tieringConfigurations, input) };
  },

  async ListBucketIntelligentTieringConfigurations(ctx, input) {
    const { shown, ...page } = await listIdentified(ctx, tieringConfigurations, input, ({ Id }) => Id);
    return { ...page, IntelligentTieringConfigurationList: shown };
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
