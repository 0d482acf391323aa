import type { Overlay, StructureOverlay } from "./distil.ts";
import type { SdkModel, SdkShape } from "./sdk.ts";

/**
 * What the SDK's schemas have and botocore's models lack: the names of SQS's query protocol, which its model lost when
 * SQS became a JSON service, and the root elements of S3's responses. If botocore has names, they take precedence, and
 * only `roots` are used.
 */
export function overlayOf(sdk: SdkModel, extent: "roots" | "names"): Overlay {
  const wireNames = extent === "names";
  const structures: Record<string, StructureOverlay> = {};
  const lists: NonNullable<Overlay["lists"]> = {};
  const maps: NonNullable<Overlay["maps"]> = {};

  const seen = new Set<SdkShape>();
  const visit = (shape: SdkShape): void => {
    if (seen.has(shape)) return;
    seen.add(shape);
    const { name, traits } = shape;
    if (shape.kind === "structure") {
      const [code, status] = traits.awsQueryError ?? [];
      structures[name] = {
        xmlName: traits.xmlName,
        queryError: code !== undefined && status !== undefined ? { code, status } : undefined,
        members: wireNames ? namesOfMembers(shape) : undefined,
      };
    } else if (shape.kind === "list" && wireNames) {
      lists[name] = { memberName: shape.member?.traits.xmlName };
    } else if (shape.kind === "map" && wireNames) {
      maps[name] = { keyName: shape.key?.traits.xmlName, valueName: shape.member?.traits.xmlName };
    }
    for (const member of shape.members.values()) visit(member.shape);
    if (shape.member) visit(shape.member.shape);
  };
  for (const { input, output } of sdk.operations.values()) {
    visit(input);
    visit(output);
  }
  for (const error of sdk.errors.values()) visit(error);
  return { structures, lists, maps };
}

function namesOfMembers(shape: SdkShape): StructureOverlay["members"] {
  return Object.fromEntries(
    [...shape.members].flatMap(([name, { traits }]) =>
      traits.xmlName !== undefined || traits.xmlFlattened
        ? [[name, { name: traits.xmlName, flattened: traits.xmlFlattened ? (true as const) : undefined }]]
        : [],
    ),
  );
}
