import type { Handlers } from "#kernel/service.ts";

/** AWS's default quotas of an account. */
const ACCOUNT_UNITS = 80_000;
/** The quota of each table and each index. */
export const TABLE_UNITS = 40_000;
/** The quota of tables per Region. */
export const MAX_TABLES = 2_500;
/** How long clients may cache the endpoint. */
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
