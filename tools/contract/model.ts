/** The parts of botocore's `service-2.json` that contracts are generated from. Its test vectors have the same format. */
export interface BotocoreModel {
  metadata: ModelMetadata;
  operations: Record<string, ModelOperation>;
  shapes: Record<string, ModelShape>;
}

export interface ModelMetadata {
  serviceId?: string;
  apiVersion?: string;
  protocol?: string;
  protocols?: string[];
  jsonVersion?: string;
  targetPrefix?: string;
  signingName?: string;
  endpointPrefix?: string;
  xmlNamespace?: ModelNamespace;
  awsQueryCompatible?: object;
}

export type ModelNamespace = string | { uri: string; prefix?: string };

export interface ModelOperation {
  name: string;
  http?: { method: string; requestUri: string; responseCode?: number };
  input?: { shape: string; locationName?: string; xmlNamespace?: ModelNamespace };
  output?: { shape: string; resultWrapper?: string };
  errors?: { shape: string }[];
  authtype?: string;
  auth?: string[];
  unsignedPayload?: boolean;
  endpoint?: { hostPrefix?: string };
  httpChecksumRequired?: boolean;
  httpChecksum?: {
    requestAlgorithmMember?: string;
    requestChecksumRequired?: boolean;
    requestValidationModeMember?: string;
    responseAlgorithms?: string[];
  };
}

export interface ModelShape {
  type: string;
  members?: Record<string, ModelMember>;
  required?: string[];
  payload?: string;
  locationName?: string;
  xmlNamespace?: ModelNamespace;
  union?: boolean;
  document?: boolean;
  eventstream?: boolean;
  event?: boolean;
  exception?: boolean;
  fault?: boolean;
  error?: { code?: string; httpStatusCode?: number; senderFault?: boolean; fault?: boolean };
  member?: ModelMember;
  key?: ModelMember;
  value?: ModelMember;
  flattened?: boolean;
  sparse?: boolean;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  timestampFormat?: string;
  streaming?: boolean;
  requiresLength?: boolean;
  sensitive?: boolean;
}

export interface ModelMember {
  shape: string;
  location?: string;
  locationName?: string;
  queryName?: string;
  flattened?: boolean;
  xmlAttribute?: boolean;
  xmlNamespace?: ModelNamespace;
  timestampFormat?: string;
  streaming?: boolean;
  jsonvalue?: boolean;
  idempotencyToken?: boolean;
  hostLabel?: boolean;
  eventpayload?: boolean;
  eventheader?: boolean;
}
