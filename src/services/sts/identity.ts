import { accountOf } from "#aws/access-key-id.ts";
import { AwsError } from "#aws/errors.ts";
import type { Handlers } from "#kernel/service.ts";

export const identity = {
  async GetCallerIdentity({ principal }) {
    return { UserId: principal.id, Account: principal.account, Arn: principal.arn };
  },

  /** As in AWS, the id alone tells the account, whether or not such a key was issued. */
  async GetAccessKeyInfo(_, { AccessKeyId }) {
    const account = accountOf(AccessKeyId);
    if (account === undefined)
      throw new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", {
        status: 403,
      });
    return { Account: account };
  },
} satisfies Handlers<"sts">;
