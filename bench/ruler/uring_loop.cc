#include "bench/ruler/uring_loop.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace perseid::ruler {
namespace {

constexpr u32 kSubmissionEntries = 4096;
constexpr u32 kCompletionEntries = 16384;
constexpr u16 kBufferGroup = 0;

void must(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "perseid-ruler: %s: %s\n", what, std::strerror(-result));
  std::exit(1);
}

}  // namespace

UringLoop::UringLoop(int listener, u32 slots, u32 buffers, u32 buffer_bytes, Counters& counters)
    : listener_(listener),
      buffers_(buffers),
      buffer_bytes_(buffer_bytes),
      memory_(std::size_t{buffers} * buffer_bytes),
      counters_(counters) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = kCompletionEntries;
  must(io_uring_queue_init_params(kSubmissionEntries, &ring_, &params), "io_uring_setup");
  io_uring_register_ring_fd(&ring_);
  must(io_uring_register_files_sparse(&ring_, slots), "register the file table");
  void* pages = ::mmap(nullptr, buffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                       MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  must(pages == MAP_FAILED ? -errno : 0, "map the buffer ring");
  buffer_ring_ = static_cast<io_uring_buf_ring*>(pages);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<u64>(pages);
  registration.ring_entries = buffers;
  registration.bgid = kBufferGroup;
  must(io_uring_register_buf_ring(&ring_, &registration, 0), "register the buffer ring");
  io_uring_buf_ring_init(buffer_ring_);
  for (u32 i = 0; i < buffers; ++i) give_back(i);
}

UringLoop::~UringLoop() {
  io_uring_queue_exit(&ring_);
  ::munmap(buffer_ring_, buffers_ * sizeof(io_uring_buf));
}

io_uring_sqe* UringLoop::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void UringLoop::accept() {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_multishot_accept_direct(sqe, listener_, nullptr, nullptr, 0);
  sqe->user_data = tag(Op::accept, 0);
}

void UringLoop::receive(u32 slot) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv_multishot(sqe, static_cast<int>(slot), nullptr, 0, 0);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  sqe->user_data = tag(Op::receive, slot);
}

void UringLoop::send(u32 slot, Bytes bytes) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, static_cast<int>(slot), bytes.data(), bytes.size(),
                     MSG_NOSIGNAL | MSG_WAITALL);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag(Op::send, slot);
  ++counters_.sends;
}

void UringLoop::shutdown(u32 slot) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_shutdown(sqe, static_cast<int>(slot), SHUT_RDWR);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag(Op::other, slot);
}

void UringLoop::close(u32 slot) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_close_direct(sqe, slot);
  sqe->user_data = tag(Op::other, slot);
}

void UringLoop::give_back(u32 index) {
  io_uring_buf_ring_add(buffer_ring_, buffer(index), buffer_bytes_, static_cast<u16>(index),
                        io_uring_buf_ring_mask(buffers_), 0);
  io_uring_buf_ring_advance(buffer_ring_, 1);
}

}  // namespace perseid::ruler
