import type { Handlers } from "#kernel/service.ts";

export const identity = {
  async GetCallerIdentity({ principal }) {
    return { UserId: principal.id, Account: principal.account, Arn: principal.arn };
  },
} satisfies Handlers<"sts">;
