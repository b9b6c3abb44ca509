#include "images/fetch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace musterd::images {

namespace {

constexpr long most_redirections = 5;

/// One request and what libcurl calls back for it.
class Request {
public:
    Request(const std::string& url, const Held& held, const FetchPatience& patience, const FetchSink& sink)
        : sink_(sink), handle_(curl_easy_init()) {
        if (!handle_) throw std::bad_alloc();
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_USERAGENT, "musterd");
        set(CURLOPT_ERRORBUFFER, said_.data());
        set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.connect.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.stall.count()));
        set(CURLOPT_BUFFERSIZE, 256L << 10);
        follow_redirections(url);
        set(CURLOPT_HEADERFUNCTION, &Request::on_header);
        set(CURLOPT_HEADERDATA, this);
        set(CURLOPT_WRITEFUNCTION, &Request::on_body);
        set(CURLOPT_WRITEDATA, this);
        ask_for_rest(held);
    }

    FetchEnd perform() {
        const auto code = curl_easy_perform(handle_.get());
        // A body without a byte calls no one back.
        if (code == CURLE_OK && !told_head_ && !tell_head()) return {FetchEnd::How::stopped, {}};
        if (code == CURLE_OK) return {FetchEnd::How::done, {}};
        if (stopped_) return {FetchEnd::How::stopped, {}};
        const bool hopeless = std::find(hopeless_codes.begin(), hopeless_codes.end(), code) != hopeless_codes.end();
        std::string reason = said_.front() == '\0' ? curl_easy_strerror(code) : said_.data();
        if (code == CURLE_OPERATION_TIMEDOUT) reason = "the server sends nothing any more";
        return {hopeless ? FetchEnd::How::hopeless : FetchEnd::How::broken, std::move(reason)};
    }

private:
    struct Close {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    static constexpr std::array hopeless_codes = {
        CURLE_TOO_MANY_REDIRECTS,       CURLE_URL_MALFORMAT,         CURLE_UNSUPPORTED_PROTOCOL,
        CURLE_COULDNT_RESOLVE_HOST,     CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CONNECT_ERROR,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_WEIRD_SERVER_REPLY,    CURLE_LOGIN_DENIED};

    template <typename Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(handle_.get(), option, value);
    }

    void follow_redirections(const std::string& url) {
        const auto* allowed = url.starts_with("https:") ? "https" : "http,https";
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, allowed);
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, most_redirections);
    }

    void ask_for_rest(const Held& held) {
        if (held.bytes == 0) return;
        const auto range = fmt::format("Range: bytes={}-", held.bytes);
        const auto unless_changed = fmt::format("If-Range: {}", held.validator);
        headers_.reset(curl_slist_append(nullptr, range.c_str()));
        curl_slist_append(headers_.get(), unless_changed.c_str());
        set(CURLOPT_HTTPHEADER, headers_.get());
    }

    std::string header(const char* name) {
        curl_header* found = nullptr;
        const auto code = curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found);
        return code == CURLHE_OK ? std::string(found->value) : std::string();
    }

    bool tell_head() {
        told_head_ = true;
        long status = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        ResponseHead head{
            static_cast<unsigned>(status), header("ETag"), header("Last-Modified"), header("Content-Range"), {}};
        curl_off_t length = -1;
        curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        if (length >= 0) head.content_length = static_cast<std::uint64_t>(length);
        stopped_ = !sink_.head(head);
        return !stopped_;
    }

    /// A status line begins another response; redirections are followed, and their bodies are none of ours.
    static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self) {
        if (std::string_view(bytes, count).starts_with("HTTP/")) static_cast<Request*>(self)->told_head_ = false;
        return count;
    }

    static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self) {
        auto& request = *static_cast<Request*>(self);
        if (!request.told_head_ && !request.tell_head()) return 0;
        const std::string_view piece(bytes, count);
        request.stopped_ = !request.sink_.body(base::as_bytes(piece));
        return request.stopped_ ? 0 : count;
    }

    const FetchSink& sink_;
    std::unique_ptr<CURL, Close> handle_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::array<char, CURL_ERROR_SIZE> said_{};
    bool told_head_ = false;
    bool stopped_ = false;
};

}  // namespace

FetchEnd fetch(const std::string& url, const Held& held, const FetchPatience& patience, const FetchSink& sink) {
    static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) return {FetchEnd::How::hopeless, "libcurl cannot be started"};
    return Request(url, held, patience, sink).perform();
}

}  // namespace musterd::images
