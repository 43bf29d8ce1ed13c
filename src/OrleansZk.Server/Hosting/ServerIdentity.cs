using System.Globalization;
using System.Security.Cryptography;
using OrleansZk.Core.Replication;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Hosting;

/// <summary>Which server this is: a number that is configured, or drawn at the first start in an ensemble and kept in the data folder.</summary>
internal static class ServerIdentity
{
    private const int MostId = 255;
    private const string FileName = "server-id";

    /// <exception cref="InvalidOperationException">The file that keeps the number holds none.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static ReplicaIdentity Of(ServerOptions options, TimeProvider clock)
    {
        int id = options.ServerId >= 0 ? options.ServerId : options.Ensemble.Length == 0 ? 0 : Kept(options.DataDirectory);
        return new ReplicaIdentity(id, clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private static int Kept(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            string text = File.ReadAllText(path).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int kept) && kept <= MostId
                ? kept
                : throw new InvalidOperationException($"'{path}' holds '{text}', but must hold the server's number, from 0 to {MostId}");
        }

        int id = RandomNumberGenerator.GetInt32(MostId + 1);
        Directory.CreateDirectory(folder);
        File.WriteAllText(path, id.ToString(CultureInfo.InvariantCulture));
        return id;
    }
}
