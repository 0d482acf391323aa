import type { ScheduleGroupSummary, Tag } from "#aws/contract/types/scheduler.ts";
import { isReservedTag } from "#aws/tag-text.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import {
  defaultGroupStays,
  groupExists,
  groupIsDeleting,
  invalid,
  invalidToken,
  noSuchGroup,
  tooManyGroups,
} from "./errors.ts";
import { DEFAULT_GROUP, type Group, groupArn, groups, schedules } from "./store.ts";

const MAX_GROUPS = 500;
const MAX_TAGS = 200;
const PAGE = 500;

export const groupOperations = {
  async CreateScheduleGroup(ctx, { Name, Tags = [], ClientToken }) {
    if (Name === DEFAULT_GROUP) throw defaultGroupStays();
    checkTags(Tags);
    return ctx.transact(async (tx) => {
      const existing = await tx.get(groups, [Name]);
      if (existing && (ClientToken === undefined || existing.clientToken !== ClientToken))
        throw groupExists(Name);
      if (!existing) {
        if ((await tx.list(groups, { limit: MAX_GROUPS })).length === MAX_GROUPS) throw tooManyGroups();
        const now = tx.now();
        tx.put(groups, {
          name: Name,
          state: "ACTIVE",
          tags: Tags,
          clientToken: ClientToken,
          created: now,
          modified: now,
        });
      }
      return { ScheduleGroupArn: groupArn(ctx, Name) };
    });
  },

  async GetScheduleGroup(ctx, { Name }) {
    return described(ctx, await ctx.read((tx) => groupAt(tx, Name)));
  },

  /** Deletes a group's schedules in the background, and then the group. */
  async DeleteScheduleGroup(ctx, { Name }) {
    if (Name === DEFAULT_GROUP) throw defaultGroupStays();
    return ctx.transact(async (tx) => {
      const group = await groupAt(tx, Name);
      if (group.state === "ACTIVE") tx.enqueue(dissolve, { name: Name });
      tx.put<Group>(groups, { ...group, state: "DELETING", modified: tx.now() });
      return {};
    });
  },

  async ListScheduleGroups(ctx, { NamePrefix = "", MaxResults = 100, NextToken }) {
    const { records, token } = await page<Group>(ctx, {
      listing: ["scheduler:ListScheduleGroups", NamePrefix],
      token: NextToken,
      limit: MaxResults,
      list: (range) => ctx.read((tx) => groupsFrom(tx, NamePrefix, range)),
      position: ({ name }) => [name],
      invalidToken,
    });
    return { ScheduleGroups: records.map((group) => described(ctx, group)), NextToken: token };
  },

  async TagResource(ctx, { ResourceArn, Tags }) {
    checkTags(Tags);
    return ctx.transact(async (tx) => {
      const group = await groupTagged(ctx, tx, ResourceArn);
      const names = new Set(Tags.map(({ Key }) => Key));
      const tags = [...group.tags.filter(({ Key }) => !names.has(Key)), ...Tags];
      if (tags.length > MAX_TAGS) throw invalid(`A schedule group has at most ${MAX_TAGS} tags.`);
      tx.put(groups, { ...group, tags });
      return {};
    });
  },

  async UntagResource(ctx, { ResourceArn, TagKeys }) {
    return ctx.transact(async (tx) => {
      const group = await groupTagged(ctx, tx, ResourceArn);
      tx.put(groups, { ...group, tags: group.tags.filter(({ Key }) => !TagKeys.includes(Key)) });
      return {};
    });
  },

  async ListTagsForResource(ctx, { ResourceArn }) {
    return { Tags: (await ctx.read((tx) => groupTagged(ctx, tx, ResourceArn))).tags };
  },
} satisfies Handlers<"scheduler">;

export const dissolve = job<{ name: string }>("scheduler/dissolve", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name }) {
    return ctx.transact(async (tx) => {
      const members = await tx.list(schedules, { in: [name], limit: PAGE });
      for (const member of members) tx.delete(schedules, [name, member.name]);
      if (members.length === PAGE) return { again: 0 };
      tx.delete(groups, [name]);
      return undefined;
    });
  },
});

/** @throws {AwsError} ResourceNotFoundException */
export async function groupAt(tx: ReadTransaction, name: string): Promise<Group> {
  const group = (await tx.get(groups, [name])) ?? (name === DEFAULT_GROUP ? defaultGroup() : undefined);
  if (!group) throw noSuchGroup(name);
  return group;
}

/** Checks that a group accepts schedules. @throws {AwsError} ResourceNotFoundException, ConflictException */
export async function checkGroup(tx: ReadTransaction, name: string): Promise<void> {
  if ((await groupAt(tx, name)).state === "DELETING") throw groupIsDeleting(name);
}

/** Returns the default group, which exists in every account. It is stored only once it is changed. */
const defaultGroup = (): Group => ({
  name: DEFAULT_GROUP,
  state: "ACTIVE",
  tags: [],
  created: 0,
  modified: 0,
});

/** @throws {AwsError} ValidationException */
function checkTags(tags: readonly Tag[]): void {
  if (tags.some(({ Key }) => isReservedTag(Key)))
    throw invalid("Tag keys beginning with aws: are reserved for system use.");
}

/** Returns a group of the caller's account and Region. @throws {AwsError} ResourceNotFoundException */
async function groupTagged(ctx: Context, tx: ReadTransaction, arn: string): Promise<Group> {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (arn !== groupArn(ctx, name)) throw noSuchGroup(name);
  return groupAt(tx, name);
}

async function groupsFrom(
  tx: ReadTransaction,
  prefix: string,
  range: { after?: readonly (string | number)[]; limit: number },
): Promise<Group[]> {
  const listed = await tx.list(groups, { prefix, ...range });
  const after = range.after?.[0];
  const includesDefault =
    DEFAULT_GROUP.startsWith(prefix) && (after === undefined || String(after) < DEFAULT_GROUP);
  if (!includesDefault || listed.some(({ name }) => name === DEFAULT_GROUP)) return listed;
  return [...listed, defaultGroup()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, range.limit);
}

function described(ctx: Context, group: Group): ScheduleGroupSummary {
  return {
    Arn: groupArn(ctx, group.name),
    Name: group.name,
    State: group.state,
    CreationDate: group.created === 0 ? undefined : new Date(group.created),
    LastModificationDate: group.modified === 0 ? undefined : new Date(group.modified),
  };
}
