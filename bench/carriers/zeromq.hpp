// ZeroMQ: a PUSH and a PULL socket over ipc://, with a thread of its own on either side.
// SPDX-License-Identifier: MIT
#pragma once

#include <zmq.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"

namespace ringmain::bench {

class ZeroMq {
 public:
  explicit ZeroMq(const std::filesystem::path& directory) {
    static unsigned count = 0;
    address_ = "ipc://" + (directory / ("zeromq-" + std::to_string(count++))).string();
  }

  // A context, which has the thread, and its only socket.
  class Socket {
   public:
    explicit Socket(int type) : context_(::zmq_ctx_new()), socket_(::zmq_socket(context_, type)) {
      if (socket_ == nullptr) fail("zmq_socket");
    }
    Socket(Socket&& other) noexcept
        : context_(std::exchange(other.context_, nullptr)), socket_(std::exchange(other.socket_, nullptr)) {}
    Socket& operator=(Socket&& other) noexcept {
      std::swap(context_, other.context_);
      std::swap(socket_, other.socket_);
      return *this;
    }
    ~Socket() {
      if (socket_ != nullptr) ::zmq_close(socket_);
      if (context_ != nullptr) ::zmq_ctx_term(context_);
    }

    void* get() const noexcept { return socket_; }

    [[noreturn]] static void fail(const char* what) {
      throw std::runtime_error(std::string(what) + ": " + ::zmq_strerror(::zmq_errno()));
    }

   private:
    void* context_;
    void* socket_;
  };

  class Sender {
   public:
    explicit Sender(const std::string& address) : socket_(ZMQ_PUSH) {
      if (::zmq_connect(socket_.get(), address.c_str()) != 0) Socket::fail("zmq_connect");
    }

    template <class Write>
    void send(std::size_t bytes, Write write) {
      zmq_msg_t message;
      if (::zmq_msg_init_size(&message, bytes) != 0) Socket::fail("zmq_msg_init_size");
      write(static_cast<std::byte*>(::zmq_msg_data(&message)));
      if (::zmq_msg_send(&message, socket_.get(), 0) < 0) Socket::fail("zmq_msg_send");
    }

   private:
    Socket socket_;
  };

  class Receiver {
   public:
    explicit Receiver(const std::string& address) : socket_(ZMQ_PULL) {
      if (::zmq_bind(socket_.get(), address.c_str()) != 0) Socket::fail("zmq_bind");
    }

    template <class Read>
    void receive(std::size_t bytes, Read read) {
      zmq_msg_t message;
      ::zmq_msg_init(&message);
      if (::zmq_msg_recv(&message, socket_.get(), 0) < 0) Socket::fail("zmq_msg_recv");
      if (::zmq_msg_size(&message) != bytes) throw std::runtime_error("ZeroMQ: a message of unexpected length");
      read(static_cast<const std::byte*>(::zmq_msg_data(&message)));
      ::zmq_msg_close(&message);
    }

   private:
    Socket socket_;
  };

  Sender sender() const { return Sender(address_); }
  Receiver receiver() const { return Receiver(address_); }

 private:
  std::string address_;
};

}  // namespace ringmain::bench
