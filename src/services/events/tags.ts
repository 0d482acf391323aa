import { parseArn } from "#aws/arn.ts";
import type { Tag } from "#aws/contract/types/events.ts";
import { isReservedTag } from "#aws/tag-text.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { DEFAULT_BUS } from "./arns.ts";
import { busAt } from "./buses/bus.ts";
import { invalid, invalidParameter, noSuchResource } from "./errors.ts";
import { ruleAt } from "./rules/rule.ts";
import { type Bus, buses, type Rule, rules } from "./store.ts";

const MAX_TAGS = 50;

export const tagOperations = {
  async TagResource(ctx, { ResourceARN, Tags }) {
    checkTags(Tags);
    return ctx.transact(async (tx) => {
      const { record, kind } = await tagged(tx, ResourceARN);
      const names = new Set(Tags.map(({ Key }) => Key));
      const tags = [...(record.tags ?? []).filter(({ Key }) => !names.has(Key)), ...Tags];
      if (tags.length > MAX_TAGS) throw invalid("The number of tags exceeds the maximum of 50.");
      if (kind === "bus") tx.put(buses, { ...record, tags });
      else tx.put(rules, { ...record, tags });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceARN, TagKeys }) {
    return ctx.transact(async (tx) => {
      const { record, kind } = await tagged(tx, ResourceARN);
      const tags = (record.tags ?? []).filter(({ Key }) => !TagKeys.includes(Key));
      if (kind === "bus") tx.put(buses, { ...record, tags });
      else tx.put(rules, { ...record, tags });
      return {};
    });
  },

  async ListTagsForResource(ctx, { ResourceARN }) {
    const { record } = await ctx.read((tx) => tagged(tx, ResourceARN));
    return { Tags: record.tags ?? [] };
  },
} satisfies Handlers<"events">;

/** @throws {AwsError} ValidationException */
export function checkTags(tags: readonly Tag[] | undefined): void {
  if (!tags) return;
  if (tags.length > MAX_TAGS) throw invalid("The number of tags exceeds the maximum of 50.");
  const names = new Set<string>();
  for (const { Key } of tags) {
    if (isReservedTag(Key)) throw invalid("Tag keys beginning with aws: are reserved for system use.");
    if (names.has(Key)) throw invalidParameter("Tags", "Duplicate tag keys found.");
    names.add(Key);
  }
}

type Tagged = { kind: "bus"; record: Bus } | { kind: "rule"; record: Rule };

async function tagged(tx: ReadTransaction, arn: string): Promise<Tagged> {
  const { resource, service } = parseArn(arn) ?? {};
  const [kind, ...names] = (service === "events" && resource?.split("/")) || [];
  if (kind === "event-bus") return { kind: "bus", record: await busAt(tx, names.join("/")) };
  const rule = names.pop();
  if (kind !== "rule" || rule === undefined) throw noSuchResource(arn);
  return { kind: "rule", record: await ruleAt(tx, names.join("/") || DEFAULT_BUS, rule) };
}
