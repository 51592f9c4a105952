// A refusal as a caller gets it.

/** Its status, its message and what tRPC tells of it. */
export async function errorOf(answer: Response): Promise<Record<string, unknown>> {
  const { error } = (await answer.json()) as { error: { message: string; data: Record<string, unknown> } };
  return { status: answer.status, ...error.data, message: error.message };
}
