// HTTP to where a configuration says: never inwards, bounded, signed.
export { type DestinationPolicy, destinationOf } from './destination.ts';
export { OutgoingError, type OutgoingErrorCode } from './errors.ts';
export { type Parcel, post } from './post.ts';
export { signatureOf, verifySignature, type WebhookMessage } from './signature.ts';
