import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import { notImplemented } from "#aws/errors.ts";
import { notAuthorized, unsupported } from "./errors.ts";
import type { Scaled } from "./store.ts";

export const NAMESPACE = "dynamodb";

export type Way = "read" | "write";

interface Dimension {
  of: "table" | "index";
  way: Way;
}

const DIMENSIONS: Partial<Record<AutoScaling.ScalableDimension, Dimension>> = {
  "dynamodb:table:ReadCapacityUnits": { of: "table", way: "read" },
  "dynamodb:table:WriteCapacityUnits": { of: "table", way: "write" },
  "dynamodb:index:ReadCapacityUnits": { of: "index", way: "read" },
  "dynamodb:index:WriteCapacityUnits": { of: "index", way: "write" },
};

const NAME = "[a-zA-Z0-9_.-]{3,255}";
const RESOURCE = new RegExp(`^table/(${NAME})(?:/index/(${NAME}))?$`);

/** A table or index, and whether its reads or writes are scaled. */
export interface Place {
  table: string;
  index: string | undefined;
  way: Way;
}

export function placeOf({ resource, dimension }: Scaled): Place {
  const [, table = "", index] = RESOURCE.exec(resource) ?? [];
  return { table, index, way: DIMENSIONS[dimension]!.way };
}

interface Named {
  ServiceNamespace: AutoScaling.ServiceNamespace;
  ResourceId: string;
  ScalableDimension: AutoScaling.ScalableDimension;
}

/** @throws {AwsError} ValidationException if the resource and the dimension do not match */
export function scaledIn({ ServiceNamespace, ResourceId, ScalableDimension }: Named): Scaled {
  if (!ScalableDimension.startsWith(`${ServiceNamespace}:`)) throw notAuthorized();
  if (ServiceNamespace !== NAMESPACE)
    throw notImplemented(`the service namespace ${ServiceNamespace} of Application Auto Scaling`);
  const match = RESOURCE.exec(ResourceId);
  const of = match && (match[2] === undefined ? "table" : "index");
  if (of !== DIMENSIONS[ScalableDimension]?.of) throw unsupported();
  return { resource: ResourceId, dimension: ScalableDimension };
}

/** The identification of a scalable resource in requests and responses. */
export const outputIdentifiers = ({ resource, dimension }: Scaled): Named => ({
  ServiceNamespace: NAMESPACE,
  ResourceId: resource,
  ScalableDimension: dimension,
});
