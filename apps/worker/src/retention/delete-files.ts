// Deletes what lies under a prefix of the bucket, in batches.

/** R2 lists and deletes no more at once. */
const AT_ONCE = 1_000;
/** In one run of the Worker, which may make so many requests and no more. */
const BATCHES = 100;

/** @returns whether nothing is left; otherwise another run goes on */
export async function deleteFiles(
  bucket: R2Bucket,
  prefix: string,
  { atOnce = AT_ONCE, batches = BATCHES }: { atOnce?: number; batches?: number } = {},
): Promise<boolean> {
  for (let batch = 0; batch < batches; batch++) {
    const { objects, truncated } = await bucket.list({ prefix, limit: atOnce });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return true;
  }
  return false;
}
