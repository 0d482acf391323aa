import type { Handlers } from "#kernel/service.ts";

/** Quotas as AWS sets them for an account. */
const ACCOUNT_UNITS = 80_000;
/** For each table, and for each index. */
export const TABLE_UNITS = 40_000;
/** In a Region. */
export const MOST_TABLES = 2_500;
/** Clients may keep the endpoint for a day. */
const ENDPOINT_MINUTES = 1_440;

export const accountOperations = {
  async DescribeLimits() {
    return {
      AccountMaxReadCapacityUnits: ACCOUNT_UNITS,
      AccountMaxWriteCapacityUnits: ACCOUNT_UNITS,
      TableMaxReadCapacityUnits: TABLE_UNITS,
      TableMaxWriteCapacityUnits: TABLE_UNITS,
    };
  },

  async DescribeEndpoints(ctx) {
    const Address = ctx.request?.host ?? `dynamodb.${ctx.region}.amazonaws.com`;
    return { Endpoints: [{ Address, CachePeriodInMinutes: ENDPOINT_MINUTES }] };
  },
} satisfies Handlers<"dynamodb">;
