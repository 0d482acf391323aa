import type * as Pipes from "#aws/contract/types/pipes.ts";
import { isReservedTag } from "#aws/tag-text.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { toTheSecond } from "../moments.ts";
import { checkPipe } from "./checks.ts";
import { invalid, invalidToken, noSuchPipe, pipeExists, pipeIsBusy, tooManyPipes } from "./errors.ts";
import {
  newEnrichmentParameters,
  newSourceParameters,
  newTargetParameters,
  sourceParameters,
  withTemplate,
} from "./parameters.ts";
import { settling } from "./settling.ts";
import { type Pipe, pipeArn, pipes } from "./store.ts";

const MAX_TAGS = 50;
/** The maximum pipes of an account in a Region: AWS's default quota. */
const MAX_PIPES = 1_000;

export const pipeOperations = {
  async CreatePipe(ctx, input) {
    checkPipe(ctx, input);
    checkTags(input.Tags);
    return ctx.transact(async (tx) => {
      if (await tx.get(pipes, [input.Name])) throw pipeExists(input.Name);
      if ((await tx.list(pipes, { limit: MAX_PIPES })).length === MAX_PIPES)
        throw tooManyPipes(input.Name, MAX_PIPES);
      const now = tx.now();
      const pipe: Pipe = {
        name: input.Name,
        description: input.Description,
        source: input.Source,
        sourceParameters: sourceParameters(input.Source, input.SourceParameters),
        enrichment: input.Enrichment || undefined,
        enrichmentParameters: withTemplate(input.EnrichmentParameters),
        target: input.Target,
        targetParameters: withTemplate(input.TargetParameters),
        role: input.RoleArn,
        logging: input.LogConfiguration,
        kmsKey: input.KmsKeyIdentifier,
        tags: input.Tags ?? {},
        desired: input.DesiredState ?? "RUNNING",
        current: "CREATING",
        created: now,
        modified: now,
        revision: tx.sequence(),
      };
      put(tx, pipe);
      return answer(ctx, pipe);
    });
  },

  async DescribePipe(ctx, { Name }) {
    const pipe = await ctx.read((tx) => pipeAt(tx, Name));
    return {
      ...answer(ctx, pipe),
      StateReason: pipe.reason,
      Description: pipe.description,
      Source: pipe.source,
      SourceParameters: withDates(pipe.sourceParameters),
      Enrichment: pipe.enrichment,
      EnrichmentParameters: pipe.enrichmentParameters,
      Target: pipe.target,
      TargetParameters: pipe.targetParameters,
      RoleArn: pipe.role,
      LogConfiguration: pipe.logging,
      KmsKeyIdentifier: pipe.kmsKey,
      Tags: pipe.tags,
    };
  },

  async UpdatePipe(ctx, input) {
    return ctx.transact(async (tx) => {
      const former = await settled(tx, input.Name);
      const parameters = newSourceParameters(former, input.SourceParameters);
      const pipe: Pipe = {
        ...former,
        description: input.Description ?? former.description,
        sourceParameters: sourceParameters(former.source, parameters),
        // An empty ARN removes the enrichment.
        enrichment: (input.Enrichment ?? former.enrichment) || undefined,
        enrichmentParameters: newEnrichmentParameters(former, input.EnrichmentParameters),
        target: input.Target ?? former.target,
        targetParameters: newTargetParameters(former, input),
        role: input.RoleArn,
        logging: input.LogConfiguration ?? former.logging,
        kmsKey: input.KmsKeyIdentifier ?? former.kmsKey,
        desired: input.DesiredState ?? former.desired,
        current: "UPDATING",
        modified: tx.now(),
        revision: tx.sequence(),
      };
      checkPipe(ctx, {
        Source: pipe.source,
        SourceParameters: parameters,
        Target: pipe.target,
        TargetParameters: pipe.targetParameters,
        ...(pipe.enrichment !== undefined && { Enrichment: pipe.enrichment }),
        ...(pipe.enrichmentParameters && { EnrichmentParameters: pipe.enrichmentParameters }),
        ...(input.LogConfiguration && { LogConfiguration: input.LogConfiguration }),
      });
      put(tx, pipe);
      return answer(ctx, pipe) as Pipes.UpdatePipeResponse;
    });
  },

  StartPipe: (ctx, { Name }) => move(ctx, Name, "RUNNING", "STARTING"),
  StopPipe: (ctx, { Name }) => move(ctx, Name, "STOPPED", "STOPPING"),

  async DeletePipe(ctx, { Name }) {
    return ctx.transact(async (tx) => {
      const former = await settled(tx, Name);
      const pipe: Pipe = {
        ...former,
        desired: "DELETED",
        current: "DELETING",
        modified: tx.now(),
        revision: tx.sequence(),
      };
      put(tx, pipe);
      return answer(ctx, pipe);
    });
  },

  async ListPipes(ctx, input) {
    const { NamePrefix = "", DesiredState, CurrentState, SourcePrefix = "", TargetPrefix = "" } = input;
    const { records, token } = await page<Pipe>(ctx, {
      listing: [
        "pipes:ListPipes",
        NamePrefix,
        SourcePrefix,
        TargetPrefix,
        DesiredState ?? "",
        CurrentState ?? "",
      ],
      token: input.NextToken,
      limit: input.Limit ?? 100,
      list: (range) => ctx.read((tx) => tx.list(pipes, { prefix: NamePrefix, ...range })),
      fits: (pipe) =>
        pipe.source.startsWith(SourcePrefix) &&
        pipe.target.startsWith(TargetPrefix) &&
        (DesiredState === undefined || pipe.desired === DesiredState) &&
        (CurrentState === undefined || pipe.current === CurrentState),
      position: ({ name }) => [name],
      invalidToken,
    });
    const Pipes = records.map((pipe) => ({
      ...(answer(ctx, pipe) as Pipes.Pipe),
      StateReason: pipe.reason,
      Source: pipe.source,
      Enrichment: pipe.enrichment,
      Target: pipe.target,
    }));
    return { Pipes, NextToken: token };
  },

  async TagResource(ctx, { resourceArn, tags }) {
    checkTags(tags);
    return changeTags(ctx, resourceArn, (former) => ({ ...former, ...tags }));
  },

  async UntagResource(ctx, { resourceArn, tagKeys }) {
    return changeTags(ctx, resourceArn, (former) =>
      Object.fromEntries(Object.entries(former).filter(([key]) => !tagKeys.includes(key))),
    );
  },

  async ListTagsForResource(ctx, { resourceArn }) {
    return { tags: (await ctx.read((tx) => taggedPipe(ctx, tx, resourceArn))).tags };
  },
} satisfies Handlers<"pipes">;

/** @throws {AwsError} NotFoundException */
async function pipeAt(tx: ReadTransaction, name: string): Promise<Pipe> {
  const pipe = await tx.get(pipes, [name]);
  if (!pipe) throw noSuchPipe(name);
  return pipe;
}

/** A pipe without a change in progress. @throws {AwsError} NotFoundException, ConflictException */
async function settled(tx: ReadTransaction, name: string): Promise<Pipe> {
  const pipe = await pipeAt(tx, name);
  if (pipe.current.endsWith("ING") && pipe.current !== "RUNNING") throw pipeIsBusy(name, pipe.current);
  return pipe;
}

function put(tx: Transaction, pipe: Pipe): void {
  tx.put(pipes, pipe);
  settling.wake(tx, [pipe.name]);
}

function move(ctx: Context, name: string, desired: Pipes.RequestedPipeState, current: Pipes.PipeState) {
  return ctx.transact(async (tx) => {
    const former = await settled(tx, name);
    if (former.desired === desired && !former.current.endsWith("_FAILED"))
      throw pipeIsBusy(name, former.current);
    const pipe: Pipe = { ...former, desired, current, modified: tx.now(), revision: tx.sequence() };
    put(tx, pipe);
    return answer(ctx, pipe) as Pipes.StartPipeResponse;
  });
}

/** @throws {AwsError} ValidationException */
function checkTags(tags: Pipe["tags"] = {}): void {
  if (Object.keys(tags).some(isReservedTag))
    throw invalid("Tag keys beginning with aws: are reserved for system use.");
}

function changeTags(ctx: Context, arn: string, change: (tags: Pipe["tags"]) => Pipe["tags"]) {
  return ctx.transact(async (tx) => {
    const pipe = await taggedPipe(ctx, tx, arn);
    const tags = change(pipe.tags);
    if (Object.keys(tags).length > MAX_TAGS) throw invalid(`A pipe has at most ${MAX_TAGS} tags.`);
    tx.put(pipes, { ...pipe, tags });
    return {};
  });
}

/** The pipe of an ARN in the caller's account and Region. @throws {AwsError} NotFoundException */
async function taggedPipe(ctx: Context, tx: ReadTransaction, arn: string): Promise<Pipe> {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (arn !== pipeArn(ctx, name)) throw noSuchPipe(name);
  return pipeAt(tx, name);
}

/** Records keep a time as text. */
function withDates(parameters: Pipes.PipeSourceParameters): Pipes.PipeSourceParameters {
  const { KinesisStreamParameters: stream } = parameters;
  if (!stream?.StartingPositionTimestamp) return parameters;
  const StartingPositionTimestamp = new Date(stream.StartingPositionTimestamp);
  return { ...parameters, KinesisStreamParameters: { ...stream, StartingPositionTimestamp } };
}

function answer(ctx: Context, pipe: Pipe) {
  return {
    Arn: pipeArn(ctx, pipe.name),
    Name: pipe.name,
    DesiredState: pipe.desired as Pipes.RequestedPipeState,
    CurrentState: pipe.current,
    CreationTime: toTheSecond(pipe.created),
    LastModifiedTime: toTheSecond(pipe.modified),
  };
}
