import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { eventSourceArn } from "../arns.ts";
import { invalidToken, limitExceeded, noSuchEventSource } from "../errors.ts";
import { type PartnerSource, partnerSources } from "../store.ts";
import { inAccount, partnerOf } from "./callers.ts";
import { offer, withdraw } from "./event-sources.ts";

/** The maximum number of accounts that a source of one name is offered to. */
const MAX_ACCOUNTS = 100;

/** The operations of a partner, which any account can be. Its records are the names of its sources and their accounts. */
export const partnerSourceOperations = {
  async CreatePartnerEventSource(ctx, input) {
    const { Name } = input;
    const partner = partnerOf(ctx);
    if (partner === undefined) await offerElsewhere(ctx, input);
    else await ctx.transact((tx) => offer(tx, Name, partner));
    return { EventSourceArn: eventSourceArn(ctx, Name) };
  },

  async DeletePartnerEventSource(ctx, input) {
    const { Name, Account } = input;
    const partner = partnerOf(ctx);
    if (partner !== undefined) {
      await ctx.transact((tx) => withdraw(tx, Name, partner));
      return {};
    }
    await inAccount(ctx, Name, Account).DeletePartnerEventSource(input);
    await ctx.transact((tx) => forget(tx, Name, Account));
    return {};
  },

  async DescribePartnerEventSource(ctx, { Name }) {
    return described(ctx, await sourceAt(ctx, Name));
  },

  async ListPartnerEventSources(ctx, { NamePrefix, Limit = 100, NextToken }) {
    const { records, token } = await page<PartnerSource>(ctx, {
      listing: ["events:ListPartnerEventSources", NamePrefix],
      token: NextToken,
      limit: Limit,
      list: (range) => ctx.read((tx) => tx.list(partnerSources, { prefix: NamePrefix, ...range })),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { PartnerEventSources: records.map((source) => described(ctx, source)), NextToken: token };
  },

  async ListPartnerEventSourceAccounts(ctx, { EventSourceName: name, Limit = 100, NextToken }) {
    const { accounts } = await sourceAt(ctx, name);
    const { records, token } = await page<string>(ctx, {
      listing: ["events:ListPartnerEventSourceAccounts", name],
      token: NextToken,
      limit: Limit,
      list: async ({ after: [last = ""] = [], limit }) =>
        accounts.filter((account) => account > String(last)).slice(0, limit),
      position: (account) => [account],
      invalidToken,
    });
    const shown = await Promise.all(records.map((account) => describedAt(ctx, name, account)));
    return { PartnerEventSourceAccounts: shown.filter((one) => one !== undefined), NextToken: token };
  },
} satisfies Handlers<"events">;

async function offerElsewhere(ctx: Context, input: Events.CreatePartnerEventSourceRequest): Promise<void> {
  const { Name, Account } = input;
  // The partner's record comes first: after a crash in between, the source can be created again.
  const isNew = await ctx.transact((tx) => note(tx, Name, Account));
  try {
    await inAccount(ctx, Name, Account).CreatePartnerEventSource(input);
  } catch (error) {
    // If the same call was made twice at once, the other one may have succeeded.
    if (isNew && error instanceof AwsError && !(await describedAt(ctx, Name, Account)))
      await ctx.transact((tx) => forget(tx, Name, Account));
    throw error;
  }
}

/** @returns whether it is new @throws {AwsError} LimitExceededException */
async function note(tx: Transaction, name: string, account: string): Promise<boolean> {
  const accounts = (await tx.get(partnerSources, [name]))?.accounts ?? [];
  if (accounts.includes(account)) return false;
  if (accounts.length === MAX_ACCOUNTS) throw limitExceeded();
  tx.put(partnerSources, { name, accounts: [...accounts, account].sort() });
  return true;
}

async function forget(tx: Transaction, name: string, account: string): Promise<void> {
  const source = await tx.get(partnerSources, [name]);
  const accounts = source?.accounts.filter((one) => one !== account) ?? [];
  if (accounts.length > 0) tx.put(partnerSources, { name, accounts });
  else if (source) tx.delete(partnerSources, [name]);
}

/** @throws {AwsError} ResourceNotFoundException */
async function sourceAt(ctx: Context, name: string): Promise<PartnerSource> {
  const source = await ctx.read((tx) => tx.get(partnerSources, [name]));
  if (!source) throw noSuchEventSource(name);
  return source;
}

const described = (ctx: Context, { name }: PartnerSource): Events.PartnerEventSource => ({
  Arn: eventSourceArn(ctx, name),
  Name: name,
});

/** The state of the partner's source in an account; `undefined` if it does not exist there, or not any more. */
async function describedAt(
  ctx: Context,
  name: string,
  account: string,
): Promise<Events.PartnerEventSourceAccount | undefined> {
  try {
    const { CreationTime, ExpirationTime, State } = await inAccount(ctx, name, account).DescribeEventSource({
      Name: name,
    });
    return { Account: account, CreationTime, ExpirationTime, State };
  } catch (error) {
    if (error instanceof AwsError && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}
