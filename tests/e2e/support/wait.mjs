// Waiting for conditions, never for time: a deadline only bounds how long a broken relay holds the tests up.

// Sanitizer builds are slow; PERSEID_TEST_SLOWNESS stretches the deadlines, never what is expected.
export const kSlowness = Number(process.env.PERSEID_TEST_SLOWNESS ?? 1);
export const kDeadlineMs = 30_000 * kSlowness;

// The promise's value; an error that says what was waited for if it takes too long.
export async function within(promise, what, detail = () => '', deadlineMs = kDeadlineMs) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`waited in vain for ${what}\n${detail()}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
