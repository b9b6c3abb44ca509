#pragma once

#include "http/connection.hpp"
#include "http/downloads.hpp"
#include "http/head.hpp"
#include "http/listener.hpp"
#include "http/message.hpp"
#include "http/request_parser.hpp"
#include "server/base/tasks.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace musterd::http {

/// The stream of an answer or a plan; nothing where its body is another kind.
std::shared_ptr<Stream> stream_of(const std::variant<std::string, base::FileSlice, std::shared_ptr<Stream>>& body);

/// What all sessions of a server share. Never changed once it listens, but for what is counted.
struct Service {
    Service(Handler answer, const Limits& of, std::function<Response(std::string_view, Response)> of_errors)
        : handler(std::move(answer)),
          limits(of),
          dress(std::move(of_errors)),
          downloads(std::make_shared<Downloads>(of.downloads)) {}

    Handler handler;
    Limits limits;
    std::function<Response(std::string_view path, Response error)> dress;  ///< Server's Dress
    std::shared_ptr<Downloads> downloads;
};

/// One connection from its first byte to its last: read a request, have it answered, send the answer, again. A
/// coroutine on the connection's strand; it keeps itself alive until it ends.
class Session : public std::enable_shared_from_this<Session> {
public:
    enum class Welcome { yes, full };  ///< full: answers 503 and ends

    /// `gone` is called when the session is over and destroyed, on any thread.
    Session(std::shared_ptr<const Service> service, Connection::Socket socket, std::unique_ptr<Channel> channel,
            Ends ends, Welcome welcome, std::function<void()> gone);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Any thread.
    void start();
    void finish();
    void cut();

private:
    using Sent = boost::asio::awaitable<bool>;

    boost::asio::awaitable<void> run(std::shared_ptr<Session> self);
    boost::asio::awaitable<bool> read_request();
    boost::asio::awaitable<void> obtain_answer();
    boost::asio::awaitable<bool> send_answer();
    void plan_answer();
    void refuse_download();
    Sent send_body();
    Sent send_stream(std::shared_ptr<Stream> stream);
    Sent send_chunk();
    boost::asio::awaitable<void> sleep();

    Request accept_request();
    void call_handler(Request request);
    void take_answer(Response response);
    void request_chunk(Stream& stream);
    void refuse_timeout();
    void tell(const Response& answer);
    void end_delivery(bool complete, std::chrono::steady_clock::time_point started);

    std::shared_ptr<const Service> service_;
    Connection connection_;
    Ends ends_;
    Welcome welcome_;
    std::function<void()> gone_;
    base::Tasks tasks_;
    boost::asio::steady_timer wake_;  ///< never fires; cancelled to end sleep()

    std::optional<RequestParser> parser_;
    std::string input_;  ///< received, not parsed yet
    Request asked_;      ///< the request in hand, without its body
    std::optional<Response> answer_;
    Plan plan_;
    std::optional<Downloads::Place> place_;
    Delivery delivery_;
    std::optional<std::optional<std::string>> chunk_;
    std::string chunk_frame_;

    bool idle_ = true;  ///< between requests
    bool finishing_ = false;
    bool cut_ = false;
    bool departed_ = false;
};

}  // namespace musterd::http
