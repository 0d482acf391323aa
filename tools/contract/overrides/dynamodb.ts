import type { ShapeEntry } from "#aws/contract/format.ts";
import type { Override } from "../override.ts";

const VECTOR_INDEX = {
  type: "structure",
  members: {
    IndexName: "IndexName",
    VectorAttribute: "VectorAttributeDefinition",
    Projection: "Projection",
    Dimensions: "$integer",
    DistanceFunction: "VectorDistanceFunction",
    SearchSchema: "SearchSchema",
  },
  required: ["IndexName", "VectorAttribute", "Projection", "Dimensions", "DistanceFunction"],
} satisfies ShapeEntry;

export default {
  // Error messages that users quote list the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
  // The order of members in error messages about ten structures with two or more violations:
  // https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/details/DDB-TABLE-457.md
  service: { validation: "coral-hashed" },
  // From the AWS SDK for JavaScript 3.1169.0: bulk puts, vector indexes, filtered exports, and replicas that are
  // disassociated from their global table.
  younger: {
    operations: {
      CancelBulkOperation: {},
      DescribeBulkOperation: {},
      ListBulkOperations: {},
      SearchVectors: {},
      StartBulkPutItems: {},
    },
    shapes: {
      CreateVectorIndexAction: VECTOR_INDEX,
      DeleteVectorIndexAction: {
        type: "structure",
        members: { IndexName: "IndexName" },
        required: ["IndexName"],
      },
      DisassociateReplicationGroupMemberAction: {
        type: "structure",
        members: { RegionName: "$string", DisassociationMode: "DisassociationMode" },
        required: ["RegionName", "DisassociationMode"],
      },
      DisassociationMode: { type: "string", enum: ["WAIT_FOR_REPLICATION"] },
      FilterSpecification: {
        type: "structure",
        members: {
          FilterExpression: "$string",
          ProjectionExpression: "$string",
          KeyConditionExpression: "$string",
          ExpressionAttributeNames: "ExpressionAttributeNameMap",
          ExpressionAttributeValues: "ExpressionAttributeValueMap",
        },
      },
      SearchSchema: { type: "list", member: "SearchSchemaElement" },
      SearchSchemaElement: {
        type: "structure",
        members: {
          AttributeName: "KeySchemaAttributeName",
          SearchSchemaElementType: "SearchSchemaElementType",
        },
        required: ["AttributeName", "SearchSchemaElementType"],
      },
      SearchSchemaElementType: { type: "string", enum: ["HASH", "INLINE_FILTER"] },
      VectorAttributeDefinition: {
        type: "structure",
        members: { AttributeName: "KeySchemaAttributeName" },
        required: ["AttributeName"],
      },
      VectorDistanceFunction: { type: "string", enum: ["COSINE", "DOT_PRODUCT", "EUCLIDEAN"] },
      VectorIndex: VECTOR_INDEX,
      VectorIndexList: { type: "list", member: "VectorIndex" },
      VectorIndexUpdate: {
        type: "structure",
        members: { Create: "CreateVectorIndexAction", Delete: "DeleteVectorIndexAction" },
      },
      VectorIndexUpdateList: { type: "list", member: "VectorIndexUpdate" },
    },
  },
  added: {
    "CreateTableInput.VectorIndexes": ["VectorIndexList", {}],
    "ExportDescription.FilterSpecification": ["FilterSpecification", {}],
    "ExportTableToPointInTimeInput.FilterSpecification": ["FilterSpecification", {}],
    "ReplicationGroupUpdate.Disassociate": ["DisassociateReplicationGroupMemberAction", {}],
    "RestoreTableFromBackupInput.VectorIndexOverride": ["VectorIndexList", {}],
    "RestoreTableToPointInTimeInput.VectorIndexOverride": ["VectorIndexList", {}],
    "TableCreationParameters.VectorIndexes": ["VectorIndexList", {}],
    "TableDescription.DisassociationProtectionEnabled": ["$boolean", {}],
    "UpdateTableInput.DisassociationProtectionEnabled": ["$boolean", {}],
    "UpdateTableInput.VectorIndexUpdates": ["VectorIndexUpdateList", {}],
  },
  shapes: {
    // An ARN that is too short is reported as malformed, like any other text: DescribeBackup in the same list.
    BackupArn: { min: undefined },
    // The lengths of attribute names and of their placeholders have error messages of DynamoDB's own:
    // https://github.com/ExtendDB/extenddb/issues/365
    AttributeMap: { key: "$string" },
    ExpressionAttributeNameMap: { value: "$string" },
    Key: { key: "$string" },
    MapAttributeValue: { key: "$string" },
    PutItemInputAttributeMap: { key: "$string" },
  },
} satisfies Override;
