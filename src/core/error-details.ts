/** Why a call failed, in terms a program can act on (google.rpc.ErrorInfo). */
export interface ErrorInfo {
  readonly type: 'ErrorInfo';
  /** UPPER_SNAKE_CASE, unique within the domain, for example `STOCK_EMPTY`. */
  readonly reason: string;
  /** Who defines the reason, for example `orders.example.com`. */
  readonly domain: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** When to try again (google.rpc.RetryInfo). */
export interface RetryInfo {
  readonly type: 'RetryInfo';
  /** Milliseconds. */
  readonly retryDelayMs: number;
}

/** Which fields of the request are wrong (google.rpc.BadRequest). */
export interface BadRequest {
  readonly type: 'BadRequest';
  readonly fieldViolations: readonly {
    /** Path of the field, for example `lines[1].quantity`. */
    readonly field: string;
    readonly description: string;
    /** UPPER_SNAKE_CASE, for programs. */
    readonly reason?: string;
  }[];
}

/** What must change before the call can succeed (google.rpc.PreconditionFailure). */
export interface PreconditionFailure {
  readonly type: 'PreconditionFailure';
  readonly violations: readonly {
    readonly type: string;
    readonly subject: string;
    readonly description: string;
  }[];
}

/** Which quota is used up (google.rpc.QuotaFailure). */
export interface QuotaFailure {
  readonly type: 'QuotaFailure';
  readonly violations: readonly { readonly subject: string; readonly description: string }[];
}

/** What names the request in a report of a problem (google.rpc.RequestInfo). */
export interface RequestInfo {
  readonly type: 'RequestInfo';
  readonly requestId: string;
  readonly servingData?: string;
}

/** Which resource the error is about (google.rpc.ResourceInfo). */
export interface ResourceInfo {
  readonly type: 'ResourceInfo';
  readonly resourceType: string;
  readonly resourceName: string;
  readonly owner?: string;
  readonly description?: string;
}

/** Where to read on (google.rpc.Help). */
export interface Help {
  readonly type: 'Help';
  readonly links: readonly { readonly description: string; readonly url: string }[];
}

/** A text for the user (google.rpc.LocalizedMessage). */
export interface LocalizedMessage {
  readonly type: 'LocalizedMessage';
  /** BCP 47, for example `de-AT`. */
  readonly locale: string;
  readonly message: string;
}

/** Any other message (google.protobuf.Any). `google.rpc.DebugInfo` is one: its stack traces are no caller's business. */
export interface OtherDetail {
  readonly type: 'Other';
  /** For example `type.googleapis.com/orders.v1.StockShortage`. */
  readonly typeUrl: string;
  /** The encoded message. */
  readonly value: Uint8Array;
}

/** What can go with an error, beside its status and text. */
export type ErrorDetail =
  | ErrorInfo
  | RetryInfo
  | BadRequest
  | PreconditionFailure
  | QuotaFailure
  | RequestInfo
  | ResourceInfo
  | Help
  | LocalizedMessage
  | OtherDetail;

/** The detail of a type. */
export type DetailOf<T extends ErrorDetail['type']> = Extract<ErrorDetail, { readonly type: T }>;
