#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mien {

/// The right to write a project: a lock on `lease.lock` and `lease.json` (pid, start time of the process, host,
/// program, token). A lease whose process is gone is taken over. Children of the holder write under its token,
/// handed down in the environment variable MIEN_LEASE.
class Lease
{
public:
    /// Takes the lease, or joins it when MIEN_LEASE holds its token.
    /// Conflict names program, pid and host of the holder, or says that the project is read-only; NoSpace.
    static Result<std::unique_ptr<Lease>> acquire(const std::filesystem::path &projectFolder,
                                                  const std::string &program);

    ~Lease(); ///< Gives it back, unless it was joined.
    const std::string &token() const { return m_token; }
    bool isJoined() const { return m_joined; }

    Lease(const Lease &) = delete;
    Lease &operator=(const Lease &) = delete;

private:
    Lease() = default;
    std::filesystem::path m_folder;
    std::string m_token;
    int m_descriptor = -1;
    bool m_joined = false;
};

/// What a person is told about a project, or its database, that a system call says cannot be written: that it is
/// read-only (Conflict) or on a full disk (NoSpace), and what to do.
Error notWritable(const std::filesystem::path &path, int errorNumber);

/// Who holds the lease of a project now, as far as lease.json says; empty when nobody does or the holder is gone.
struct LeaseHolder
{
    std::int64_t pid = 0;
    std::string program, host;
};
std::optional<LeaseHolder> leaseHolder(const std::filesystem::path &projectFolder);

/// A sentence when `folder` lies on a network share (NFS, SMB, SSHFS …), where a project must not be opened by two
/// hosts and locks may not hold. Empty on a local disk.
std::optional<std::string> storageWarning(const std::filesystem::path &folder);

} // namespace mien
