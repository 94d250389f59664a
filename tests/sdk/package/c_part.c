/* The same by the C header. */
#include <perseid.h>

int c_part(const char* url);
int c_part(const char* url) {
  const perseid_config config = {.url = url};
  perseid_client* client = perseid_create(&config);
  if (client == NULL || !perseid_connect(client)) return 1;
  while (perseid_state(client) == PERSEID_CONNECTING) perseid_poll(client, 10);
  const int ok = perseid_state(client) == PERSEID_OPEN;
  perseid_close(client);
  perseid_destroy(client);
  return ok ? 0 : 1;
}
