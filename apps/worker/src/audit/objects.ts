// Where a log is published: the objects under its prefix in the bucket.
import type { ObjectStore } from '@salus/audit/log';

export function objectsUnder(bucket: R2Bucket, prefix: string): ObjectStore {
  return {
    async get(path) {
      const object = await bucket.get(`${prefix}/${path}`);
      return object && new Uint8Array(await object.arrayBuffer());
    },
    async put(path, bytes) {
      await bucket.put(`${prefix}/${path}`, bytes);
    },
  };
}
