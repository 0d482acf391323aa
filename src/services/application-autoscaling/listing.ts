import type { Context } from "#kernel/context.ts";
import type { Collection } from "#kernel/records/collection.ts";
import { type Page, page } from "#kernel/records/pages.ts";
import { invalid, invalidToken } from "./errors.ts";
import { NAMESPACE } from "./resources.ts";
import type { Scaled } from "./store.ts";

const MAX_RESULTS = 50;

interface ListRequest {
  ServiceNamespace: string;
  ResourceId?: string;
  ResourceIds?: readonly string[];
  ScalableDimension?: string;
  MaxResults?: number;
  NextToken?: string;
}

/**
 * A page of all records, or of those of a resource. Other namespaces have no records.
 * @param most the records of a page, unless fewer are asked for
 * @param reverse whether to list the newest first, in collections with ascending numbers as keys
 * @throws {AwsError} ValidationException, InvalidNextTokenException
 */
export async function listPage<T extends Scaled>(
  ctx: Context,
  operation: string,
  request: ListRequest,
  of: Collection<T>,
  position: (record: T) => (string | number)[],
  {
    only = () => true,
    reverse = false,
    most = MAX_RESULTS,
  }: { only?: (record: T) => boolean; reverse?: boolean; most?: number } = {},
): Promise<Page<T>> {
  const {
    ServiceNamespace,
    ResourceId,
    ResourceIds,
    ScalableDimension,
    MaxResults = most,
    NextToken,
  } = request;
  if (MaxResults < 1 || MaxResults > most)
    throw invalid(`MaxResults must be between 1 and ${most}, but was ${MaxResults}`);
  if (ScalableDimension !== undefined && ResourceId === undefined && ResourceIds === undefined)
    throw invalid("Resource ID must be specified when the scalable dimension is");
  const resources = ResourceIds?.length ? ResourceIds : ResourceId === undefined ? undefined : [ResourceId];
  const fits = (record: T) =>
    (!resources || resources.includes(record.resource)) &&
    (ScalableDimension === undefined || record.dimension === ScalableDimension) &&
    only(record);
  return page(ctx, {
    listing: [operation, ServiceNamespace, JSON.stringify(resources ?? ""), ScalableDimension ?? ""],
    token: NextToken,
    limit: MaxResults,
    async list({ after, limit }) {
      if (ServiceNamespace !== NAMESPACE) return [];
      const bound = after && (reverse ? { before: after } : { after });
      return ctx.read((tx) => tx.list(of, { limit, reverse, ...bound }));
    },
    fits,
    position,
    invalidToken,
  });
}
