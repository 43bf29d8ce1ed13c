using OrleansZk.Core.Ensemble;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>Encrypted connections: both sides must show a certificate of the ensemble's authority, and know the secret.</summary>
public sealed class PeerTlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _others = new();

    public void Dispose()
    {
        _certificates.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task Servers_of_one_authority_reach_each_other()
    {
        await using PeerServer one = await PeerServer.StartAsync(_certificates.Configure("one"));
        await using PeerServer two = await PeerServer.StartAsync(_certificates.Configure("two"));
        two.Handlers = connection => new RecordingHandler { Arrived = message => connection.Send([.. message, 2]) };
        (IPeerConnection dialer, RecordingHandler dialerHandler, _, RecordingHandler listenerHandler) = await PeerServer.JoinAsync(one, two);
        dialer.Send([1]);
        (await dialerHandler.NextAsync()).ShouldBe([1, 2]);
        dialer.Close();
        await dialerHandler.WaitForEndAsync();
        await listenerHandler.WaitForEndAsync();
        one.Log.Complaints.ShouldBeEmpty();
        two.Log.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_secret_counts_all_the_same()
    {
        await using PeerServer one = await PeerServer.StartAsync(_certificates.Configure("one"), secret: new byte[32]);
        await using PeerServer two = await PeerServer.StartAsync(_certificates.Configure("two"));
        await ShouldBeRefusedAsync(one, two, "different secrets");
    }

    [Fact]
    public async Task A_dialer_of_another_authority_is_refused()
    {
        await using PeerServer one = await PeerServer.StartAsync(options =>
        {
            options.PeerCertificatePath = _others.IssuePem("one");
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        await using PeerServer two = await PeerServer.StartAsync(_certificates.Configure("two"));
        await ShouldBeRefusedAsync(one, two, "");
    }

    [Fact]
    public async Task A_listener_of_another_authority_is_refused()
    {
        await using PeerServer one = await PeerServer.StartAsync(_certificates.Configure("one"));
        await using PeerServer two = await PeerServer.StartAsync(options =>
        {
            options.PeerCertificatePath = _others.IssuePem("two");
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        await ShouldBeRefusedAsync(one, two, "certificate");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_without_encryption_and_one_with_it_do_not_meet(bool dialerIsPlain)
    {
        await using PeerServer one = await PeerServer.StartAsync(dialerIsPlain ? null : _certificates.Configure("one"));
        await using PeerServer two = await PeerServer.StartAsync(dialerIsPlain ? _certificates.Configure("two") : null);
        await ShouldBeRefusedAsync(one, two, "");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_listeners_certificate_is_for_the_host_that_was_meant(bool isVerified)
    {
        await using PeerServer one = await PeerServer.StartAsync(options =>
        {
            _certificates.Configure("one")(options);
            options.PeerVerifyHostName = isVerified;
        });
        await using PeerServer two = await PeerServer.StartAsync(options =>
        {
            options.PeerCertificatePath = _certificates.IssuePem("two", host: "another.example");
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        if (isVerified)
        {
            await ShouldBeRefusedAsync(one, two, "certificate");
        }
        else
        {
            (IPeerConnection connection, _, _, _) = await PeerServer.JoinAsync(one, two);
            connection.Close();
        }
    }

    [Fact]
    public async Task A_certificate_can_be_a_pfx_or_have_its_key_in_another_file()
    {
        await using PeerServer one = await PeerServer.StartAsync(options =>
        {
            options.PeerCertificatePath = _certificates.IssuePfx("one");
            options.PeerCertificatePassword = TestCertificates.Password;
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        await using PeerServer two = await PeerServer.StartAsync(options =>
        {
            (options.PeerCertificatePath, options.PeerCertificateKeyPath) = _certificates.IssueEncryptedPem("two");
            options.PeerCertificatePassword = TestCertificates.Password;
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        (IPeerConnection there, _, _, _) = await PeerServer.JoinAsync(one, two);
        (IPeerConnection back, _, _, _) = await PeerServer.JoinAsync(two, one);
        there.Close();
        back.Close();
    }

    [Fact]
    public async Task An_authority_may_have_others_issue_for_it()
    {
        await using PeerServer one = await PeerServer.StartAsync(options =>
        {
            options.PeerCertificatePath = _certificates.IssueChain("one");
            options.PeerCertificateAuthorityPath = _certificates.AuthorityPath;
        });
        await using PeerServer two = await PeerServer.StartAsync(_certificates.Configure("two"));
        (IPeerConnection there, _, _, _) = await PeerServer.JoinAsync(one, two);
        (IPeerConnection back, _, _, _) = await PeerServer.JoinAsync(two, one);
        there.Close();
        back.Close();
    }

    [Fact]
    public async Task A_stranger_who_starts_no_encryption_is_logged_once()
    {
        await using PeerServer server = await PeerServer.StartAsync(_certificates.Configure("one"));
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync(RawPeer.Hello());
        await peer.ReadToEndAsync();
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("from 127.0.0.1:");
        server.AcceptedCount.ShouldBe(0);
    }

    [Fact]
    public async Task A_stranger_who_stops_in_the_middle_of_it_is_not_waited_for()
    {
        await using PeerServer server = await PeerServer.StartAsync(options =>
        {
            _certificates.Configure("one")(options);
            options.PeerHandshakeTimeout = 200;
        });
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        await peer.WriteAsync([0x16, 0x03, 0x01]);
        await peer.ReadToEndAsync();
        await server.StopAsync();
        server.Log.Complaints.ShouldHaveSingleItem().ShouldContain("no handshake within 200 ms");
    }

    private static async Task ShouldBeRefusedAsync(PeerServer one, PeerServer two, string reason)
    {
        PeerUnreachableException refusal = await Should.ThrowAsync<PeerUnreachableException>(one.ConnectAsync(two, new RecordingHandler()).AsTask());
        refusal.IsRefused.ShouldBeFalse();
        refusal.Message.ShouldContain(reason);
        one.Log.Complaints.ShouldHaveSingleItem().ShouldContain(two.Address);
        await two.StopAsync();
        two.Log.Complaints.ShouldHaveSingleItem().ShouldContain("from 127.0.0.1:");
        two.AcceptedCount.ShouldBe(0);
    }
}
