using System.Security.Cryptography;
using System.Text;
using OrleansZk.Core.Access;
using OrleansZk.Protocol;
using static OrleansZk.TestKit.Wire.WireRequests;

namespace OrleansZk.Unit.Access;

/// <summary>Digest ids are ZooKeeper's, whatever bytes a client authenticates with.</summary>
public sealed class DigestIdTests : EngineTest
{
    private static readonly DigestScheme Scheme = new(HashAlgorithmName.SHA1, null);

    /// <param name="credentials">In hex.</param>
    /// <param name="id">
    /// What <c>DigestAuthenticationProvider.generateDigest(new String(credentials, UTF_8))</c> gives in Java, with the user in hex.
    /// </param>
    [Theory]
    [InlineData("", ":2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]
    [InlineData("3a", ":BaefBs8/Z/cm2uaNGKIpD2yaUMk=")]
    [InlineData("75", "75:UeaYkqtJ34XGIwzMV/jh0WBsrMw=")]
    [InlineData("753a", "75:IX23jg4I7W2/R//KoV8VL1UfuBM=")]
    [InlineData("3a70", ":LlDE5iroUDDm9zdvmLsfjkUvn0k=")]
    [InlineData("753a703a71", "75:VIgTKUjc2iscZoJn2UUrdGNNgW4=")]
    [InlineData("75ff3a70", "75efbfbd:l7saPZ96spda1FgIteNEJCwhLXM=")]
    [InlineData("753aff", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753ac3", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753ac328", "75:fJOOmaoPVWztgBN3yOHx/hkB8Mo=")]
    [InlineData("753ae2", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753ae282", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753ae28228", "75:fJOOmaoPVWztgBN3yOHx/hkB8Mo=")]
    [InlineData("753ae2ff", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753aeda080", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753aedbfbf", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753aeda080edb080", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753aed", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753aeda0", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753aed9f", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753af0", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753af09f", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753af09f98", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753af09f9880", "75:jJrVWxbcrh8H8NliuTU6Me6qGLY=")]
    [InlineData("753af08080", "75:vEkuhjHdfUZNvfORkvAkZ7fhsck=")]
    [InlineData("753af0808080", "75:HCZx0lTy+9lYQAH9rf604FmDKjw=")]
    [InlineData("753af48fbfbf", "75:1v5bCwl6OpOcrxMHvPq7APPVp8k=")]
    [InlineData("753af490", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753af4908080", "75:HCZx0lTy+9lYQAH9rf604FmDKjw=")]
    [InlineData("753af5808080", "75:HCZx0lTy+9lYQAH9rf604FmDKjw=")]
    [InlineData("753af8888080", "75:HCZx0lTy+9lYQAH9rf604FmDKjw=")]
    [InlineData("753afc", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753ac080", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753ac1bf", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753ae08080", "75:vEkuhjHdfUZNvfORkvAkZ7fhsck=")]
    [InlineData("753ae09f", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753ae0a0", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753a80", "75:NP+S9gihaPOxs49p+sWDO0/R0ac=")]
    [InlineData("753a8080", "75:tBXHUAUzZXYCqAcMeZihzl82Xwo=")]
    [InlineData("753abf80ff", "75:vEkuhjHdfUZNvfORkvAkZ7fhsck=")]
    [InlineData("753ae282e282ac", "75:D0+FAOCXFo9P08NqzfEpE3y98mk=")]
    [InlineData("753af09f98f09f9880", "75:Adxb8WARLNVOQozRPOHvMy9mWUA=")]
    [InlineData("753aefbfbe", "75:YWPQ9p+qU94TtGRDvREVVHYxzZg=")]
    [InlineData("753aefbbbf70", "75:dgfQrHcaGKrcuuMEtlFmSwylYUU=")]
    [InlineData("efbbbf753a70", "efbbbf75:NDSwTX/PBdLbm67/sJ7vOUVugTQ=")]
    [InlineData("c3a93ae282ac", "c3a9:qfnXz0m6jUlzVsRcGm54TP8n4AQ=")]
    [InlineData("753a00", "75:P+AuLB7WbYPXopRRqRIEtVEHz+o=")]
    [InlineData("c03a70", "efbfbd:CF2aQmKhCpl6NRwvXg6ky6/tkEA=")]
    [InlineData("eda0803a70", "efbfbd:CF2aQmKhCpl6NRwvXg6ky6/tkEA=")]
    [InlineData("e23a70", "efbfbd:CF2aQmKhCpl6NRwvXg6ky6/tkEA=")]
    [InlineData("f09f3a70", "efbfbd:CF2aQmKhCpl6NRwvXg6ky6/tkEA=")]
    [InlineData("f0903a", "efbfbd:L9hd4NrpELnaigKMISVfx0gwg0E=")]
    [InlineData("f4803a80", "efbfbd:ipNoT9MRIoSM4DrYkmqaDGEYOsE=")]
    public void An_id_is_what_Java_makes_of_the_bytes(string credentials, string id)
    {
        string own = Scheme.Generate(Convert.FromHexString(credentials));
        int colon = own.IndexOf(':', StringComparison.Ordinal);
        (Convert.ToHexStringLower(Encoding.UTF8.GetBytes(own[..colon])) + own[colon..]).ShouldBe(id);
    }

    /// <summary>All sequences of up to four of the bytes at which UTF-8's rules change; Java's <c>new String(bytes, UTF_8)</c> gave the hash of all their texts.</summary>
    [Fact]
    public void Text_is_what_Java_decodes()
    {
        byte[] edges =
        [
            0x00, 0x3a, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
            0xf5, 0xf8, 0xfc, 0xfe, 0xff,
        ];
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int length = 0; length <= 4; length++)
        {
            var bytes = new byte[length];
            for (int n = 0; n < Math.Pow(edges.Length, length); n++)
            {
                for (int at = length - 1, rest = n; at >= 0; at--, rest /= edges.Length)
                {
                    bytes[at] = edges[rest % edges.Length];
                }

                all.AppendData(Encoding.UTF8.GetBytes(JavaText.Decode(bytes)));
                all.AppendData("\n"u8);
            }
        }

        Convert.ToHexStringLower(all.GetHashAndReset()).ShouldBe("f0f61ec475c1bbd81e959a382eb5fde3e239babbd9a0c0144fffbbdd3d3b16f7");
    }

    [Fact]
    public void Whoever_authenticates_with_malformed_bytes_is_let_in_by_the_id_that_Java_made_of_them()
    {
        byte[] credentials = [0xed, 0xa0, 0x80, .. "u:secret"u8];
        Session.Ask(Create("/a", "x", acl: [new Acl(Permissions.All, new AclId("digest", Scheme.Generate(credentials)))]));
        Session.Try(GetData("/a")).ShouldBe(ErrorCode.NoAuth);

        TestSession owner = ConnectAs();
        owner.Try(Auth("digest", credentials)).ShouldBe(ErrorCode.Ok);

        owner.Try(GetData("/a")).ShouldBe(ErrorCode.Ok);
    }
}
